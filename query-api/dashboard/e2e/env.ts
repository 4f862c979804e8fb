/** What the test is told by its environment; see the README. */

export function apiUrl(): string {
  const url = process.env.PARLANCE_API_URL
  if (url === undefined || url === '') {
    throw new Error('PARLANCE_API_URL must say where a running Parlance serves its API and dashboard')
  }
  return url
}

export const screenshots = (): string | null => process.env.E2E_SCREENSHOTS ?? null

export interface Ingest {
  url: string
  secret: string
}

/** Where to post signed webhooks; null when it may not be done. */
export function ingest(): Ingest | null {
  const url = process.env.PARLANCE_INGEST_URL ?? ''
  const secret = process.env.WHATSAPP_WEBHOOK_SECRET ?? ''
  if (url === '' && secret === '') return null
  if (url === '' || secret === '') {
    throw new Error('PARLANCE_INGEST_URL and WHATSAPP_WEBHOOK_SECRET go together: one of them is missing')
  }
  return { url, secret }
}

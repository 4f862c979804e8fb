/** Errors of the API (RFC 9457 problem details) and of the way to it. */

interface ProblemDetails {
  title?: string
  detail?: string
  status?: number
}

/** A request that did not end well, with words fit for the page. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** HTTP status; 0 when no answer came. */
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

function isDetails(body: unknown): body is ProblemDetails {
  return typeof body === 'object' && body !== null
}

/** Reads an answer that is not 2xx. One without problem details (a proxy's page) still says its status. */
export async function problemOf(response: Response): Promise<Problem> {
  const fallback = `The API answered ${response.status}${response.statusText ? ` ${response.statusText}` : ''}.`
  if (!(response.headers.get('content-type') ?? '').includes('json')) {
    return new Problem(response.status, fallback)
  }
  const body: unknown = await response.json().catch(() => null)
  if (!isDetails(body)) return new Problem(response.status, fallback)
  const words = [body.title, body.detail].filter((part) => part !== undefined && part !== '').join(': ')
  return new Problem(response.status, words === '' ? fallback : words)
}

/** What to show for anything that was thrown. */
export function explain(error: unknown): string {
  if (error instanceof Problem) return error.message
  return error instanceof Error ? error.message : String(error)
}

/** Webhooks as Meta sends them: signed over the bytes of the body. */
import { createHmac, randomUUID } from 'node:crypto'

import type { Ingest } from './env'

export interface Sent {
  id: string
  text: string
}

export const NUMBER = '106540352242922'

/** Posts text messages of one customer in one body; resolves when all of them were acknowledged. */
export async function postTexts(
  ingest: Ingest,
  texts: readonly string[],
  name = 'Leïla Öz 🌿',
): Promise<Sent[]> {
  const sent = texts.map((text) => ({ id: `wamid.${randomUUID().replaceAll('-', '')}`, text }))
  const timestamp = String(Math.floor(Date.now() / 1000))
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '102290129340398',
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '15550783881', phone_number_id: NUMBER },
              contacts: [{ profile: { name }, wa_id: '16505551234' }],
              messages: sent.map(({ id, text }) => ({
                from: '16505551234',
                id,
                timestamp,
                type: 'text',
                text: { body: text },
              })),
            },
          },
        ],
      },
    ],
  })
  const signature = createHmac('sha256', ingest.secret).update(body).digest('hex')
  const response = await fetch(new URL('/webhooks/whatsapp', ingest.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
    body,
  })
  if (response.status !== 200)
    throw new Error(`the webhook was answered ${response.status}: ${await response.text()}`)
  return sent
}

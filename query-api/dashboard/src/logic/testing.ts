/** Messages for tests. */
import type { Message } from '../api/types'

export function message(changes: Partial<Message> = {}): Message {
  return {
    phone_number_id: '1001',
    message_id: 'wamid.A',
    waba_id: '9',
    direction: 'inbound',
    origin: 'live',
    contact_id: '49151',
    contact_name: 'Ada',
    sent_at: '2026-11-22T10:00:00.000Z',
    time_source: 'meta',
    type: 'text',
    type_name: 'text',
    text: 'Where is my Order?',
    context_id: null,
    group_id: null,
    error_code: null,
    language: 'en',
    language_confidence: 0.9,
    intent: 'order_inquiry',
    intent_confidence: 0.9,
    sentiment: 'neutral',
    sentiment_confidence: 0.9,
    urgency: 'medium',
    urgency_confidence: 0.9,
    analyser: 'linear 2026-11-22',
    received_at: '2026-11-22T10:00:01.000Z',
    ...changes,
  }
}

/** A message by the minute it was sent at; its id says so too. */
export const at = (minute: number, changes: Partial<Message> = {}): Message =>
  message({
    message_id: `wamid.${String(minute).padStart(4, '0')}`,
    sent_at: new Date(Date.UTC(2026, 10, 22, 10, minute)).toISOString(),
    ...changes,
  })

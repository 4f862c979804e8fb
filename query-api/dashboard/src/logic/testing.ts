/** Messages for tests. */
import type { Message, MessageDetail, Verdict } from '../api/types'

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

/** The message alone, as the text alone says; `judged` is merged into that. */
export function detail(
  changes: Partial<Omit<MessageDetail, 'judged'>> & { judged?: Partial<MessageDetail['judged']> } = {},
): MessageDetail {
  return {
    watermark: null,
    message: message(),
    patterns: [],
    custom_intents: [],
    signals: [],
    entities: [],
    replies: [],
    raw: {},
    statuses: [],
    verdicts: [],
    ...changes,
    judged: {
      language: { by: 'model', base: 'en' },
      intent: { by: 'model', base: 'order_inquiry', base_confidence: 0.9 },
      sentiment: { by: 'model', base: 'neutral', base_confidence: 0.9 },
      urgency: { by: 'model', base: 'medium', base_confidence: 0.9 },
      ...changes.judged,
    },
  }
}

/** A person's verdict that says nothing yet. */
export function verdict(changes: Partial<Verdict> = {}): Verdict {
  return {
    judge: 'person',
    author: 'ana@example.com',
    given_at: '2026-11-22T10:05:00.000Z',
    language: null,
    intent: null,
    sentiment: null,
    urgency: null,
    confidence: 1,
    before: { language: 'en', intent: 'order_inquiry', sentiment: 'neutral', urgency: 'medium' },
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

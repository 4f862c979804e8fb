/** The headline numbers, each a function of the counts the API gives. */
import type { Headline, StatusCount, Tally } from '../api/types'

/** Messages that cannot wait. */
export const pressing = (tally: Tally) => tally.by_urgency.urgent + tally.by_urgency.critical

/** Messages that were analysed for sentiment: a location or a sticker says nothing. */
export const analysed = (tally: Tally) => tally.messages - tally.by_sentiment.none

/** Share of the analysed messages that are negative, frustrated or angry; 0 when there are none. */
export function unhappyShare(tally: Tally): number {
  const { negative, frustrated, angry } = tally.by_sentiment
  const all = analysed(tally)
  return all === 0 ? 0 : (negative + frustrated + angry) / all
}

export interface Delivery {
  sent: number
  delivered: number
  read: number
  failed: number
}

/**
 * The way of outbound messages. WhatsApp leaves `sent` or `delivered` out when a later status already says it (a chat
 * that is open is only ever `read`; voice messages go on to `played`): a stage has at least as many as the one after it.
 */
export function delivery(statuses: readonly StatusCount[], period: 'current' | 'previous'): Delivery {
  const of = (status: string) => statuses.find((one) => one.status === status)?.[period] ?? 0
  const read = Math.max(of('read'), of('played'))
  const delivered = Math.max(of('delivered'), read)
  return { sent: Math.max(of('sent'), delivered), delivered, read, failed: of('failed') }
}

/** Failed of all that came to an end, one way or the other; 0 when none did. */
export function failedShare({ sent, failed }: Delivery): number {
  // A message may be `sent` and then fail: the larger of the two is the least that were tried.
  const tried = Math.max(sent, failed)
  return tried === 0 ? 0 : failed / tried
}

export interface Compared {
  current: number
  previous: number
}

export function compare(current: Headline, previous: Headline, of: (headline: Headline) => number): Compared {
  return { current: of(current), previous: of(previous) }
}

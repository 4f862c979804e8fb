/** The headline numbers, each a function of the counts the API gives. */
import type { StatusCount, Tally } from '../api/types'

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

/** Messages that were tried: one may be `sent` and then fail, so the larger of the two is the least there were. */
export const tried = ({ sent, failed }: Delivery) => Math.max(sent, failed)

/** Failed of all that were tried; 0 when none were. */
export function failedShare(of: Delivery): number {
  const all = tried(of)
  return all === 0 ? 0 : of.failed / all
}

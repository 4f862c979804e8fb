/** Ranges of time that people choose, and the buckets a chart of them has. */
import type { Step } from '../api/types'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const rangeNames = ['1h', '24h', '7d', '30d'] as const
export type RangeName = (typeof rangeNames)[number]

const lengths: Record<RangeName, number> = { '1h': HOUR, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY }
const steps: Record<RangeName, Step> = { '1h': '1m', '24h': '1h', '7d': '1h', '30d': '1d' }

export const rangeOptions: readonly { value: RangeName; label: string; title: string }[] = [
  { value: '1h', label: '1 h', title: 'Last hour' },
  { value: '24h', label: '24 h', title: 'Last 24 hours' },
  { value: '7d', label: '7 d', title: 'Last 7 days' },
  { value: '30d', label: '30 d', title: 'Last 30 days' },
]

export function readRange(text: string | null, fallback: RangeName = '24h'): RangeName {
  return rangeNames.find((name) => name === text) ?? fallback
}

export const stepOf = (name: RangeName): Step => steps[name]
export const stepMs = (step: Step): number => ({ '1m': MINUTE, '1h': HOUR, '1d': DAY })[step]

/** The steps of a range that give a chart one can read: at least two buckets, at most 1500 (the API's bound). */
export function stepsFor(name: RangeName): Step[] {
  const all: Step[] = ['1m', '1h', '1d']
  return all.filter((step) => {
    const buckets = lengths[name] / stepMs(step)
    return buckets >= 2 && buckets <= 1500
  })
}

/** From and to of a range that ends with the minute now running, whole minutes as the API counts them. */
export function boundsOf(name: RangeName, now: Date): { from: string; to: string } {
  const to = Math.ceil(now.getTime() / MINUTE) * MINUTE
  return { from: new Date(to - lengths[name]).toISOString(), to: new Date(to).toISOString() }
}

/** Which buckets do not count their whole width: the first when it starts before the range, the last while it grows. */
export function partialBuckets(at: readonly string[], from: string, lastOpen: boolean): Set<number> {
  const partial = new Set<number>()
  const first = at[0]
  if (first !== undefined && Date.parse(first) < Date.parse(from)) partial.add(0)
  if (lastOpen && at.length > 0) partial.add(at.length - 1)
  return partial
}

/** Candidate distances between the labels of an axis. */
const distances = [
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  4 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  5 * DAY,
  7 * DAY,
  14 * DAY,
]

/**
 * The buckets that carry a label: round times in the reader's zone (UTC for days, which are UTC days), at most `most`.
 * `offsetMinutes` is what `Date.getTimezoneOffset` says.
 */
export function axisTicks(at: readonly number[], step: Step, most: number, offsetMinutes: number): number[] {
  const first = at[0]
  const last = at.at(-1)
  if (first === undefined || last === undefined) return []
  const shift = step === '1d' ? 0 : offsetMinutes * MINUTE
  for (const distance of distances) {
    if (distance < stepMs(step)) continue
    const ticks = at.filter((time) => (time - shift) % distance === 0)
    if (ticks.length <= most && ticks.length > 0) return ticks
  }
  return [first]
}

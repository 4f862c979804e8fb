/** Times under a chart. Days are UTC days (the pipeline's windows); everything shorter is the reader's own clock. */
import type { Step } from '../api/types'
import { dateTime, dayOfYear, timeOfDay } from './format'
import { DAY, stepMs } from './range'

const utcDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric' })

/** A label of the axis: as short as the span of the chart allows. */
export function axisLabel(at: Date, step: Step, span: number): string {
  if (step === '1d') return utcDay.format(at)
  if (span <= DAY * 1.5) return timeOfDay(at)
  return at.getHours() === 0 && at.getMinutes() === 0 ? weekday.format(at) : timeOfDay(at)
}

/** A bucket in full. */
export function bucketLabel(at: Date, step: Step): string {
  if (step === '1d') return `${utcDay.format(at)} (UTC)`
  const end = new Date(at.getTime() + stepMs(step))
  if (step === '1m') return dateTime(at)
  return `${dayOfYear(at)}, ${timeOfDay(at)} – ${timeOfDay(end)}`
}

const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const longDayYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' })

/** The heading of a day in a list, in the reader's zone. */
export function dayTitle(at: Date, now: Date): string {
  const startOf = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  // Rounded: a day with a clock change has 23 or 25 hours.
  const days = Math.round((startOf(now) - startOf(at)) / DAY)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  return at.getFullYear() === now.getFullYear() ? longDay.format(at) : longDayYear.format(at)
}

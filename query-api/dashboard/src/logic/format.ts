/** Numbers and times as this page writes them: the reader's locale and time zone. */

const locale = typeof navigator === 'undefined' ? 'en' : navigator.language

const whole = new Intl.NumberFormat(locale)
const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })

export const count = (n: number) => whole.format(n)
export const compact = (n: number) => (Math.abs(n) < 10_000 ? whole.format(n) : short.format(n))

/** A share of 1 as per cent; one digit below ten per cent, where it says something. */
export function percent(share: number): string {
  const digits = share !== 0 && Math.abs(share) < 0.1 ? 1 : 0
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: digits }).format(share)
}

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const clockSeconds = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
const full = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })

export const timeOfDay = (at: Date) => clock.format(at)
export const timeOfDaySeconds = (at: Date) => clockSeconds.format(at)
export const dayOfYear = (at: Date) => day.format(at)
export const dateTime = (at: Date) => full.format(at)

/** A moment in a list: the time alone today, the day too before. */
export function moment(at: Date, now: Date): string {
  return at.toDateString() === now.toDateString()
    ? clock.format(at)
    : `${day.format(at)}, ${clock.format(at)}`
}

/** How long ago, in the largest unit that says enough. The future (a clock a little ahead) reads as now. */
export function ago(at: Date, now: Date): string {
  const seconds = Math.floor((now.getTime() - at.getTime()) / 1000)
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

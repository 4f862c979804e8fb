import styles from './Connection.module.css'
import type { LiveState } from '../api/live'
import { useLive } from '../api/useLive'
import { ago, dateTime, timeOfDaySeconds } from '../logic/format'
import { useNow } from '../ui/useNow'

/** The pipeline moves the watermark every second, quiet or not: older than this, something stands still. */
const BEHIND_MS = 30_000

const words: Record<LiveState, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  paused: 'Paused',
}

/** Whether the line is open, and up to when everything is shown. */
export function Connection() {
  const { state, watermark } = useLive()
  const now = useNow(5000)
  const at = watermark === null ? null : new Date(watermark)
  const behind = at !== null && now.getTime() - at.getTime() > BEHIND_MS
  const look = state !== 'live' ? state : behind ? 'behind' : 'live'
  return (
    <div className={styles.connection} data-state={look} data-testid="connection">
      <span className={styles.state} role="status">
        <span className={styles.dot} aria-hidden="true" />
        {look === 'behind' ? 'Behind' : words[state]}
      </span>
      <span
        className={styles.through}
        title={
          at === null
            ? 'Nothing was ever written.'
            : `Everything received up to ${dateTime(at)} is in what you see.`
        }
      >
        {at === null && 'No data yet'}
        {at !== null && (
          <>
            Complete through <time dateTime={at.toISOString()}>{timeOfDaySeconds(at)}</time>
            {behind && ` (${ago(at, now)} ago)`}
          </>
        )}
      </span>
    </div>
  )
}

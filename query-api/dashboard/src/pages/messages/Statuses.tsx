import styles from './Statuses.module.css'
import type { Status } from '../../api/types'
import { dateTime } from '../../logic/format'

/** What became of an outbound message, oldest first. */
export function Statuses({ statuses }: { statuses: readonly Status[] }) {
  return (
    <section aria-label="Delivery">
      <h3 className={styles.title}>Delivery</h3>
      <ol className={styles.list}>
        {statuses.map((status) => (
          <li
            key={`${status.status} ${status.recipient_id ?? ''} ${status.occurred_at}`}
            data-failed={status.status === 'failed'}
          >
            <span className={styles.status}>{status.status}</span>
            <span className={styles.more}>
              {[status.pricing_category, status.pricing_type].filter((part) => part !== null).join(', ')}
              {status.error_code !== null && (
                <span className={styles.error}>
                  {status.error_title ?? 'Error'} ({status.error_code})
                </span>
              )}
            </span>
            <time className={styles.time} dateTime={status.occurred_at}>
              {dateTime(new Date(status.occurred_at))}
            </time>
          </li>
        ))}
      </ol>
    </section>
  )
}

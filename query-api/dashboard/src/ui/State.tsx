import { explain } from '../api/problem'
import { Icon } from './Icon'
import styles from './State.module.css'

/** Grey bars where content will be. */
export function Skeleton({ lines = 3, tall = false }: { lines?: number; tall?: boolean }) {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className={tall ? styles.block : styles.bar} />
      ))}
    </div>
  )
}

/** Nothing there, and why that may be. */
export function Empty({ title, children }: { title: string; children?: React.ReactNode }) {
  return (
    <div className={styles.state}>
      <p className={styles.title}>{title}</p>
      {children !== undefined && <p className={styles.words}>{children}</p>}
    </div>
  )
}

/** It did not work: what was said, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div className={styles.state} role="alert">
      <p className={styles.title}>
        <Icon name="warning" /> This could not be loaded
      </p>
      <p className={styles.words}>{explain(error)}</p>
      <button type="button" className={styles.retry} onClick={retry}>
        <Icon name="retry" size={14} /> Try again
      </button>
    </div>
  )
}

/** What is shown is real but old: the last attempt to renew it failed. */
export function Stale({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <div className={styles.stale} role="status">
      <Icon name="warning" size={14} />
      <span>Showing the last answer. Renewing it failed: {explain(error)}</span>
      <button type="button" className={styles.retry} onClick={retry}>
        Try again
      </button>
    </div>
  )
}

import { useId, type ReactNode } from 'react'

import styles from './Panel.module.css'

interface Props {
  title: string
  /** Beside the title: a legend, a link. */
  aside?: ReactNode
  /** What the numbers are, for who wonders. */
  hint?: string
  flush?: boolean
  className?: string | undefined
  children: ReactNode
}

/** A titled surface; every block of a page stands in one. */
export function Panel({ title, aside, hint, flush = false, className = '', children }: Props) {
  const id = useId()
  return (
    <section className={`${styles.panel} ${className}`} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id} className={styles.title}>
          {title}
        </h2>
        {hint !== undefined && <span className={styles.hint}>{hint}</span>}
        {aside !== undefined && <div className={styles.aside}>{aside}</div>}
      </header>
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  )
}

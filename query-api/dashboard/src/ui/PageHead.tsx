import type { ReactNode } from 'react'

import styles from './PageHead.module.css'

/** The page's name and what it can be asked. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <header className={styles.head}>
      <h1 className={styles.title}>{title}</h1>
      {children !== undefined && <div className={styles.controls}>{children}</div>}
    </header>
  )
}

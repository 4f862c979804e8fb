import { useState } from 'react'

import styles from './RawJson.module.css'

/** JSON to read and to copy. */
export function RawJson({ value, title }: { value: unknown; title: string }) {
  const text = JSON.stringify(value, null, 2)
  const [said, setSaid] = useState('Copy')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      // Refused without https or permission; the text can still be selected.
      setSaid('Not allowed here')
    }
  }
  return (
    <section aria-label={title}>
      <div className={styles.head}>
        <h3 className={styles.title}>{title}</h3>
        <button type="button" className={styles.copy} onClick={() => void copy()}>
          {said}
        </button>
      </div>
      {/* Scrolls by itself, so the keyboard must reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.json} tabIndex={0} aria-label={title} data-testid="raw">
        {text}
      </pre>
    </section>
  )
}

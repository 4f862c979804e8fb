import { useState } from 'react'

import styles from './Findings.module.css'
import type { MessageDetail } from '../../api/types'

const kinds: Record<MessageDetail['entities'][number]['kind'], string> = {
  phone: 'Phone',
  email: 'E-mail',
  url: 'Link',
  money: 'Money',
  date: 'Date',
  time: 'Time',
  order: 'Order',
}

/** What in the text can be looked up or acted on; nothing where there is nothing. */
export function Entities({ entities }: { entities: MessageDetail['entities'] }) {
  if (entities.length === 0) return null
  return (
    <section aria-label="Found in the text">
      <h3 className={styles.title}>Found in the text</h3>
      <dl className={styles.list}>
        {entities.map(({ kind, text, value, start }) => (
          <div key={start}>
            <dt>{kinds[kind]}</dt>
            <dd>
              <bdi>{text}</bdi>
              {value !== null && value !== text && <code className={styles.value}>{value}</code>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** Suggested answers, to copy; nothing is sent from here. */
export function Replies({ replies }: { replies: string[] }) {
  const [copied, setCopied] = useState<string>()
  if (replies.length === 0) return null
  const copy = async (reply: string) => {
    await navigator.clipboard.writeText(reply)
    setCopied(reply)
  }
  return (
    <section aria-label="Suggested replies">
      <h3 className={styles.title}>Suggested replies</h3>
      <ul className={styles.replies}>
        {replies.map((reply) => (
          <li key={reply} className={styles.reply}>
            <bdi>{reply}</bdi>
            {/* Browsers lend the clipboard to secure pages only. */}
            {window.isSecureContext && (
              <button
                type="button"
                className={styles.copy}
                onClick={() => {
                  void copy(reply)
                }}
              >
                {copied === reply ? 'Copied' : 'Copy'}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

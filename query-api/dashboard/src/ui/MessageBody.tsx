import { Icon } from './Icon'
import styles from './MessageBody.module.css'
import type { Message } from '../api/types'
import { lookOf } from '../logic/media'

interface Props {
  message: Message
  /** Lines before it is cut; without it all of the text is shown. */
  lines?: 1 | 2
}

/** What a message says: its own direction of writing, its type where it is not plain text. */
export function MessageBody({ message, lines }: Props) {
  const { icon, kind, text } = lookOf(message)
  return (
    <span className={`${styles.body} ${lines === undefined ? styles.whole : styles[`lines${lines}`]}`}>
      {kind !== null && (
        <span className={styles.kind}>
          {icon !== null && <Icon name={icon} size={14} />}
          {kind}
        </span>
      )}
      {text !== '' && (
        <span dir="auto" className={styles.text}>
          {text}
        </span>
      )}
    </span>
  )
}

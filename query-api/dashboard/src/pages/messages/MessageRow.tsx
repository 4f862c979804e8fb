import { memo } from 'react'

import styles from './MessageRow.module.css'
import type { Message } from '../../api/types'
import { Link } from '../../app/Link'
import { dateTime, timeOfDay } from '../../logic/format'
import { labelOf } from '../../logic/labels'
import { Badge } from '../../ui/Badge'
import { Icon } from '../../ui/Icon'
import { MessageBody } from '../../ui/MessageBody'

interface Props {
  message: Message
  href: string
  current: boolean
  /** Came live while the page was open. */
  fresh: boolean
}

/** How it came, where that is not a webhook as it happened; short, for a narrow column. */
const origins: Record<Message['origin'], string> = {
  live: '',
  phone_app: 'Phone',
  history: 'Imported',
  api: 'API',
}

/** One message in one line (two where it is narrow). */
export const MessageRow = memo(function MessageRow({ message, href, current, fresh }: Props) {
  const inbound = message.direction === 'inbound'
  const at = new Date(message.sent_at)
  const origin = origins[message.origin]
  return (
    <li className={styles.item} data-fresh={fresh}>
      <Link
        to={href}
        className={styles.row}
        data-row=""
        data-direction={message.direction}
        data-message-id={message.message_id}
        aria-current={current ? 'true' : undefined}
      >
        <span className={styles.direction} data-direction={message.direction}>
          <Icon name={inbound ? 'in' : 'out'} size={14} label={inbound ? 'Inbound' : 'Outbound'} />
        </span>
        <span className={styles.who}>
          <bdi className={styles.name}>{message.contact_name ?? message.contact_id ?? 'Unknown'}</bdi>
          {message.origin !== 'live' && (
            <span className={styles.origin} title={labelOf('origin', message.origin).name}>
              {origin}
            </span>
          )}
        </span>
        <span className={styles.what}>
          <MessageBody message={message} lines={1} />
        </span>
        <span className={styles.labels}>
          <Badge vocabulary="urgency" label={message.urgency} confidence={message.urgency_confidence} quiet />
          <Badge
            vocabulary="sentiment"
            label={message.sentiment}
            confidence={message.sentiment_confidence}
            quiet
          />
          <Badge vocabulary="intent" label={message.intent} confidence={message.intent_confidence} quiet />
          <LanguageCode message={message} />
        </span>
        <time className={styles.time} dateTime={message.sent_at} title={dateTime(at)}>
          {timeOfDay(at)}
        </time>
      </Link>
    </li>
  )
})

/** Below this the language is a guess, and said with a question mark. */
const SURE = 0.5

function LanguageCode({ message: { language, language_confidence: confidence } }: { message: Message }) {
  if (language === 'none' || language === 'other') return <span className={styles.language} />
  const title = `${labelOf('language', language).name}: ${Math.round(confidence * 100)} % confident`
  return (
    <span className={styles.language} title={title}>
      {language.toUpperCase()}
      {confidence < SURE && '?'}
    </span>
  )
}

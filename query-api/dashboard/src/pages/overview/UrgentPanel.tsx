import styles from './UrgentPanel.module.css'
import type { Message } from '../../api/types'
import { Link } from '../../app/Link'
import { ago, dateTime } from '../../logic/format'
import { messageKey } from '../../logic/merge'
import { Badge } from '../../ui/Badge'
import { MessageBody } from '../../ui/MessageBody'
import { Panel } from '../../ui/Panel'
import { Empty } from '../../ui/State'
import { useNow } from '../../ui/useNow'

interface Props {
  messages: readonly Message[]
  className: string | undefined
}

/** The newest messages that cannot wait. */
export function UrgentPanel({ messages, className }: Props) {
  const now = useNow()
  return (
    <Panel title="Newest urgent" flush className={`${className ?? ''} ${styles.panel}`}>
      {messages.length === 0 ? (
        <Empty title="Nothing urgent in this range">Messages rated urgent or critical show here.</Empty>
      ) : (
        <ul className={styles.list} aria-label="Newest urgent messages">
          {messages.map((message) => (
            <li key={messageKey(message)}>
              <Link
                className={styles.row}
                to={`/messages?urgency=critical&urgency=urgent&open=${encodeURIComponent(messageKey(message))}`}
              >
                <span className={styles.head}>
                  <bdi className={styles.name}>
                    {message.contact_name ?? message.contact_id ?? 'Unknown sender'}
                  </bdi>
                  <Badge
                    vocabulary="urgency"
                    label={message.urgency}
                    confidence={message.urgency_confidence}
                  />
                  <time
                    className={styles.time}
                    dateTime={message.sent_at}
                    title={dateTime(new Date(message.sent_at))}
                  >
                    {ago(new Date(message.sent_at), now)}
                  </time>
                </span>
                <MessageBody message={message} lines={2} />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

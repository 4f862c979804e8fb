import { Fragment, type KeyboardEvent } from 'react'

import styles from './MessageList.module.css'
import { MessageRow } from './MessageRow'
import type { FeedView } from './useFeed'
import type { Message } from '../../api/types'
import type { Feed } from '../../logic/feed'
import { messageKey } from '../../logic/merge'
import { dayTitle } from '../../logic/when'
import { Icon } from '../../ui/Icon'
import { Failure, Skeleton } from '../../ui/State'
import { useEnd } from '../../ui/useEnd'
import { useNow } from '../../ui/useNow'

interface Props {
  feed: Feed
  open: string | null
  hrefOf: (key: string) => string
  older: FeedView['older']
  showWaiting: () => void
}

interface Day {
  title: string
  messages: Message[]
}

function daysOf(messages: readonly Message[], now: Date): Day[] {
  const days: Day[] = []
  for (const message of messages) {
    const title = dayTitle(new Date(message.sent_at), now)
    const last = days.at(-1)
    if (last?.title === title) last.messages.push(message)
    else days.push({ title, messages: [message] })
  }
  return days
}

/** Arrow keys go from message to message, as in a mail program. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step =
    event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0
  if (step === 0) return
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('a[data-row]')]
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = at < 0 ? undefined : rows[at + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

/** Messages by day, newest first; goes on by itself at its end. */
export function MessageList({ feed, open, hrefOf, older, showWaiting }: Props) {
  const now = useNow()
  const end = useEnd<HTMLDivElement>(feed.cursor !== null && older.error === undefined, older.load)
  const waiting = feed.waiting.length
  return (
    // Only passes keys on between the links inside.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className={styles.list} data-outdated={!feed.ready} onKeyDown={moveFocus}>
      {waiting > 0 && (
        <button
          type="button"
          className={styles.waiting}
          onClick={() => {
            showWaiting()
            window.scrollTo({ top: 0 })
          }}
        >
          <Icon name="up" size={13} /> {waiting} new {waiting === 1 ? 'message' : 'messages'}
        </button>
      )}
      {daysOf(feed.messages, now).map((day) => (
        <Fragment key={day.title}>
          <h2 className={styles.day}>{day.title}</h2>
          <ol className={styles.rows} aria-label={`Messages, ${day.title}`}>
            {day.messages.map((message) => {
              const key = messageKey(message)
              return (
                <MessageRow
                  key={key}
                  message={message}
                  href={hrefOf(key)}
                  current={key === open}
                  fresh={feed.fresh.has(key)}
                />
              )
            })}
          </ol>
        </Fragment>
      ))}
      <div ref={end} className={styles.end}>
        {older.loading && <Skeleton lines={3} tall />}
        {older.error !== undefined && <Failure error={older.error} retry={older.load} />}
        {feed.cursor === null && <p className={styles.done}>That is all of them.</p>}
      </div>
    </div>
  )
}

import type { ReactNode } from 'react'

import styles from './Details.module.css'
import { Entities, Replies } from './Findings'
import { Labels } from './Labels'
import { Statuses } from './Statuses'
import { Verdicts } from './Verdicts'
import type { MessageDetail } from '../../api/types'
import { Link } from '../../app/Link'
import { dateTime } from '../../logic/format'
import { labelOf } from '../../logic/labels'
import { Icon } from '../../ui/Icon'
import { MessageBody } from '../../ui/MessageBody'
import { RawJson } from '../../ui/RawJson'

const timeSources: Readonly<Record<string, string>> = {
  received: 'Meta gave no readable time: this is when the webhook came.',
  clamped: 'Meta’s time was too far in the future and was brought back.',
}

export function Details({ detail }: { detail: MessageDetail }) {
  const { message, raw, statuses } = detail
  const inbound = message.direction === 'inbound'
  const source = timeSources[message.time_source]
  const facts: [string, ReactNode][] = [
    [
      'Direction',
      <span key="d" className={styles.inline}>
        <Icon name={inbound ? 'in' : 'out'} size={13} />
        {labelOf('direction', message.direction).name}
      </span>,
    ],
    ['Origin', labelOf('origin', message.origin).name],
    ['Sent', <Time key="s" at={message.sent_at} />],
    ['Received', <Time key="r" at={message.received_at} />],
    [
      'Type',
      labelOf('type', message.type).name +
        (message.type === 'unknown' ? ` (${message.type_name ?? 'no word for it'})` : ''),
    ],
    ['Integration', <code key="i">{message.phone_number_id}</code>],
    ['Account', message.waba_id === '' ? null : <code key="a">{message.waba_id}</code>],
    ['Contact id', message.contact_id === null ? null : <code key="c">{message.contact_id}</code>],
    ['Group', message.group_id === null ? null : <code key="g">{message.group_id}</code>],
    [
      'In reply to',
      message.context_id === null ? null : (
        <Link
          key="x"
          className={styles.link}
          to={`/messages?open=${encodeURIComponent(`${message.phone_number_id}/${message.context_id}`)}`}
        >
          <code>{message.context_id}</code>
        </Link>
      ),
    ],
    ['Error', message.error_code === null ? null : <code key="e">{message.error_code}</code>],
    ['Message id', <code key="m">{message.message_id}</code>],
  ]
  return (
    <div className={styles.details}>
      <div>
        <p className={styles.who}>
          <bdi>{message.contact_name ?? message.contact_id ?? 'Unknown contact'}</bdi>
          {message.contact_id !== null && (
            <Link className={styles.link} to={`/messages?contact=${encodeURIComponent(message.contact_id)}`}>
              All messages
            </Link>
          )}
        </p>
        <div className={styles.bubble} data-direction={message.direction}>
          <MessageBody message={message} />
        </div>
        {source !== undefined && <p className={styles.note}>{source}</p>}
      </div>
      <Labels detail={detail} />
      <Verdicts verdicts={detail.verdicts} />
      <Entities entities={detail.entities} />
      <Replies replies={detail.replies} />
      {statuses.length > 0 && <Statuses statuses={statuses} />}
      <section aria-label="Facts">
        <h3 className={styles.title}>Details</h3>
        <dl className={styles.facts}>
          {facts.map(([name, value]) =>
            value === null ? null : (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
          )}
        </dl>
      </section>
      <RawJson value={raw} title="JSON as Meta sent it" />
    </div>
  )
}

function Time({ at }: { at: string }) {
  return <time dateTime={at}>{dateTime(new Date(at))}</time>
}

import styles from './TemplatesPage.module.css'
import { get } from '../../api/client'
import type { AccountEvent } from '../../api/types'
import { usePages } from '../../api/usePages'
import { useLocation, useSetQuery } from '../../app/router'
import { eventName, eventTone, templateFieldName, templateFields } from '../../logic/events'
import { dateTime, moment } from '../../logic/format'
import { PageHead } from '../../ui/PageHead'
import { RawJson } from '../../ui/RawJson'
import { Segmented } from '../../ui/Segmented'
import { Empty, Failure, Skeleton, Stale } from '../../ui/State'
import { Tag } from '../../ui/Tag'
import { useEnd } from '../../ui/useEnd'
import { useNow } from '../../ui/useNow'

const PAGE = 100
const options = [{ value: '', label: 'All' }, ...templateFields]

/** What Meta decided about the business's message templates. */
export function TemplatesPage() {
  const { query } = useLocation()
  const setQuery = useSetQuery()
  const now = useNow()
  const field = templateFields.find((one) => one.value === query.get('field'))?.value ?? ''
  const { items, error, loading, outdated, more, loadMore, retry } = usePages(
    field,
    async (cursor, signal) => {
      const fields = field === '' ? templateFields.map((one) => one.value) : [field]
      const asked = { field: fields, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }
      const page = await get('/v1/account-events', asked, signal)
      return { items: page.events, next: page.next_cursor }
    },
    (event: AccountEvent) => event.event_id,
  )
  const end = useEnd<HTMLDivElement>(more && !loading, loadMore)

  return (
    <>
      <PageHead title="Templates">
        <Segmented
          label="Kind of event"
          value={field}
          options={options}
          onChange={(value) => {
            setQuery({ field: value })
          }}
        />
      </PageHead>
      {error !== undefined && items !== undefined && <Stale error={error} retry={retry} />}
      {error !== undefined && items === undefined && !loading && <Failure error={error} retry={retry} />}
      {items === undefined && (error === undefined || loading) && <Skeleton lines={8} tall />}
      {items?.length === 0 && (
        <Empty title={field === '' ? 'No template events yet' : 'No events of this kind'}>
          Approvals, rejections, pauses, quality and category changes of templates show here when Meta reports
          them. This installation must be subscribed to the template fields of the app.
        </Empty>
      )}
      {items !== undefined && items.length > 0 && (
        <ul className={styles.list} data-outdated={outdated} aria-label="Template events, newest first">
          {items.map((event) => (
            <li key={event.event_id}>
              <details className={styles.event}>
                <summary className={styles.row}>
                  <bdi className={styles.subject}>{event.subject ?? 'Unnamed template'}</bdi>
                  <span className={styles.kind}>{templateFieldName(event.field)}</span>
                  <span className={styles.tag}>
                    {event.event !== null && (
                      <Tag tone={eventTone(event.event)}>{eventName(event.event)}</Tag>
                    )}
                  </span>
                  <span className={styles.account}>{event.waba_id}</span>
                  <time
                    className={styles.time}
                    dateTime={event.occurred_at}
                    title={dateTime(new Date(event.occurred_at))}
                  >
                    {moment(new Date(event.occurred_at), now)}
                  </time>
                </summary>
                <div className={styles.raw}>
                  <RawJson value={event.raw} title="JSON as Meta sent it" />
                </div>
              </details>
            </li>
          ))}
        </ul>
      )}
      <div ref={end} className={styles.end}>
        {items !== undefined && loading && more && <Skeleton lines={2} tall />}
      </div>
    </>
  )
}

import styles from './ContactsPage.module.css'
import { get } from '../../api/client'
import type { Contact } from '../../api/types'
import { usePages } from '../../api/usePages'
import { Link } from '../../app/Link'
import { useLocation, useSetQuery } from '../../app/router'
import { ago, dateTime, dayOfYear } from '../../logic/format'
import { PageHead } from '../../ui/PageHead'
import { Empty, Failure, Skeleton, Stale } from '../../ui/State'
import { TextSearch } from '../../ui/TextSearch'
import { useEnd } from '../../ui/useEnd'
import { useNow } from '../../ui/useNow'

const PAGE = 100

export function ContactsPage() {
  const { query } = useLocation()
  const setQuery = useSetQuery()
  const now = useNow()
  const q = (query.get('q') ?? '').trim()
  const { items, error, loading, outdated, more, loadMore, retry } = usePages(
    q,
    async (cursor, signal) => {
      const asked = { limit: PAGE, ...(q === '' ? {} : { q }), ...(cursor === undefined ? {} : { cursor }) }
      const page = await get('/v1/contacts', asked, signal)
      return { items: page.contacts, next: page.next_cursor }
    },
    (contact: Contact) => `${contact.waba_id}/${contact.contact_id}`,
  )
  const end = useEnd<HTMLDivElement>(more && !loading, loadMore)

  return (
    <>
      <PageHead title="Contacts">
        <TextSearch
          label="Search name, username, number or id"
          placeholder="Name, username, number"
          value={query.get('q') ?? ''}
          onChange={(text) => {
            setQuery({ q: text }, { replace: true })
          }}
        />
      </PageHead>
      {error !== undefined && items !== undefined && <Stale error={error} retry={retry} />}
      {error !== undefined && items === undefined && !loading && <Failure error={error} retry={retry} />}
      {items === undefined && (error === undefined || loading) && <Skeleton lines={10} tall />}
      {items?.length === 0 && (
        <Empty title={q === '' ? 'No contacts yet' : 'No contact has that'}>
          {q === ''
            ? 'Customers show here with their first message.'
            : 'Names, usernames, numbers and ids are searched.'}
        </Empty>
      )}
      {items !== undefined && items.length > 0 && (
        <ul className={styles.list} data-outdated={outdated} aria-label="Contacts, last seen first">
          {items.map((contact) => (
            <ContactRow key={`${contact.waba_id}/${contact.contact_id}`} contact={contact} now={now} />
          ))}
        </ul>
      )}
      <div ref={end} className={styles.end}>
        {items !== undefined && loading && more && <Skeleton lines={2} tall />}
      </div>
    </>
  )
}

/** The first letter of the name as people see it: one grapheme, be it an emoji or an Arabic letter. */
function initial(name: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name)
  return first?.segment.toUpperCase() ?? '?'
}

function ContactRow({ contact, now }: { contact: Contact; now: Date }) {
  const name = contact.name ?? contact.username ?? contact.wa_id ?? contact.contact_id
  const last = new Date(contact.last_seen_at)
  return (
    <li>
      <Link className={styles.row} to={`/messages?contact=${encodeURIComponent(contact.contact_id)}`}>
        <span className={styles.avatar} aria-hidden="true">
          {contact.name === null ? '#' : initial(contact.name)}
        </span>
        <span className={styles.who}>
          <bdi className={styles.name}>{name}</bdi>
          {contact.username !== null && <bdi className={styles.username}>@{contact.username}</bdi>}
        </span>
        <span className={styles.number}>
          {contact.wa_id === null ? 'number hidden' : `+${contact.wa_id}`}
        </span>
        <span className={styles.id}>{contact.user_id ?? ''}</span>
        <span className={styles.first}>since {dayOfYear(new Date(contact.first_seen_at))}</span>
        <time className={styles.last} dateTime={contact.last_seen_at} title={dateTime(last)}>
          {ago(last, now)}
        </time>
      </Link>
    </li>
  )
}

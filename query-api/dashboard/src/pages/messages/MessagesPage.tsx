import { useCallback, useMemo } from 'react'

import { FilterBar } from './FilterBar'
import { MessageDrawer } from './MessageDrawer'
import { MessageList } from './MessageList'
import styles from './MessagesPage.module.css'
import { useFeed } from './useFeed'
import { navigate, useLocation } from '../../app/router'
import { isFiltered, readFilters, writeFilters, type Filters } from '../../logic/filters'
import { PageHead } from '../../ui/PageHead'
import { Empty, Failure, Skeleton, Stale } from '../../ui/State'

/** The URL of the list with these filters and, when given, a message open beside it. */
function urlOf(filters: string, open: string | null): string {
  const query = new URLSearchParams(filters)
  if (open !== null) query.set('open', open)
  return query.size === 0 ? '/messages' : `/messages?${query.toString()}`
}

export function MessagesPage() {
  const { query } = useLocation()
  const open = query.get('open')
  const filterText = writeFilters(readFilters(query)).toString()
  const filters = useMemo(() => readFilters(new URLSearchParams(filterText)), [filterText])
  const { feed, error, loading, older, showWaiting, retry } = useFeed(filterText, filters)

  const change = useCallback((next: Filters, replace = false) => {
    const now = new URLSearchParams(window.location.search).get('open')
    navigate(urlOf(writeFilters(next).toString(), now), { replace })
  }, [])
  const close = useCallback(() => {
    navigate(urlOf(filterText, null))
  }, [filterText])

  const shown = feed.messages.length
  return (
    <div className={styles.page} data-open={open !== null}>
      <div className={styles.column}>
        <PageHead title="Messages" />
        <FilterBar filters={filters} onChange={change} />
        <p className="visually-hidden" role="status">
          {feed.ready
            ? `${shown} messages shown${feed.cursor === null ? '' : ', more below'}`
            : 'Loading messages'}
        </p>
        {error !== undefined && feed.ready && <Stale error={error} retry={retry} />}
        {error !== undefined && !feed.ready && !loading && <Failure error={error} retry={retry} />}
        {!feed.ready && shown === 0 && (error === undefined || loading) && (
          <div className={styles.loading}>
            <Skeleton lines={12} tall />
          </div>
        )}
        {feed.ready && shown === 0 && (
          <Empty title={isFiltered(filters) ? 'No message passes these filters' : 'No messages yet'}>
            {isFiltered(filters)
              ? 'New ones that do will show here by themselves.'
              : 'As soon as WhatsApp sends a webhook to this installation, its messages show here.'}
          </Empty>
        )}
        {shown > 0 && (feed.ready || error === undefined) && (
          <MessageList
            feed={feed}
            open={open}
            hrefOf={(key) => urlOf(filterText, key)}
            older={older}
            showWaiting={showWaiting}
          />
        )}
      </div>
      {open !== null && <MessageDrawer key={open} open={open} close={close} />}
    </div>
  )
}

import { useCallback, useEffect, useReducer, useRef, useState } from 'react'

import { get } from '../../api/client'
import { useAnswer } from '../../api/useAnswer'
import { useLive, useLiveEvents } from '../../api/useLive'
import type { Message } from '../../api/types'
import { emptyFeed, feedReducer, fellBetween, type Feed } from '../../logic/feed'
import { matches, messageQuery, type Filters } from '../../logic/filters'

const PAGE = 50
/** Live messages are taken up together this often, however fast they come. */
const TAKE_UP_MS = 250
/** Further down than this the reader reads: nothing may move under the eyes. */
const TOP_PX = 120

export interface FeedView {
  feed: Feed
  error: unknown
  loading: boolean
  older: { loading: boolean; error: unknown; load: () => void }
  showWaiting: () => void
  retry: () => void
}

/** The messages that pass the filters, paged and live. `key` is the filters as text. */
export function useFeed(key: string, filters: Filters): FeedView {
  const [feed, dispatch] = useReducer(feedReducer, emptyFeed)
  const { since } = useLive()

  const first = useAnswer(key, async (signal) => {
    const query = messageQuery(filters, new Date())
    const page = await get('/v1/messages', { ...query, limit: PAGE }, signal)
    return { query, page }
  })
  const { data, outdated, refetch } = first
  useEffect(() => {
    dispatch({ kind: 'reset' })
  }, [key])

  useEffect(() => {
    if (data === undefined || outdated) return
    dispatch({ kind: 'first', messages: data.page.messages, cursor: data.page.next_cursor })
  }, [data, outdated])

  // Once for each stream: its beginning may lie after the page.
  const healed = useRef<string | null>(null)
  useEffect(() => {
    if (data === undefined || outdated || healed.current === since) return
    if (!fellBetween(data.page.watermark, since)) return
    healed.current = since
    refetch()
  }, [data, outdated, since, refetch])

  useEffect(() => {
    if (feed.stale) refetch()
  }, [feed.stale, refetch])

  const taken = useRef<Message[]>([])
  useLiveEvents((payload) => {
    if (payload.kind === 'lagged') dispatch({ kind: 'missed' })
    if (payload.kind === 'message' && matches(filters, payload.data, new Date()))
      taken.current.push(payload.data)
  })
  useEffect(() => {
    taken.current = []
    const timer = setInterval(() => {
      if (taken.current.length === 0) return
      dispatch({ kind: 'arrived', messages: taken.current, atTop: window.scrollY < TOP_PX })
      taken.current = []
    }, TAKE_UP_MS)
    return () => {
      clearInterval(timer)
    }
  }, [key])

  const older = useOlder(key, feed.cursor, data?.query, dispatch)
  const showWaiting = useCallback(() => {
    dispatch({ kind: 'show' })
  }, [])
  return { feed, error: first.error, loading: first.loading, older, showWaiting, retry: refetch }
}

type Dispatch = (action: Parameters<typeof feedReducer>[1]) => void

/** The next page, one at a time. */
function useOlder(
  key: string,
  cursor: string | null,
  asked: ReturnType<typeof messageQuery> | undefined,
  dispatch: Dispatch,
): FeedView['older'] {
  const [state, setState] = useState<{ key: string; loading: boolean; error: unknown }>({
    key,
    loading: false,
    error: undefined,
  })
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [key])

  const busy = state.key === key && state.loading
  const load = () => {
    if (cursor === null || asked === undefined || busy) return
    const controller = new AbortController()
    abort.current = controller
    setState({ key, loading: true, error: undefined })
    get('/v1/messages', { ...asked, limit: PAGE, cursor }, controller.signal)
      .then((page) => {
        if (controller.signal.aborted) return
        dispatch({ kind: 'older', messages: page.messages, cursor: page.next_cursor })
        setState({ key, loading: false, error: undefined })
      })
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setState({ key, loading: false, error })
      })
  }
  return { loading: busy, error: state.key === key ? state.error : undefined, load }
}

/** A list that comes page by page, for those that are not live. */
import { useEffect, useRef, useState } from 'react'

import { useAnswer } from './useAnswer'

export interface Page<T> {
  items: readonly T[]
  next: string | null
}

export interface Paged<T> {
  items: readonly T[] | undefined
  error: unknown
  loading: boolean
  outdated: boolean
  more: boolean
  loadMore: () => void
  retry: () => void
}

interface Rest<T> {
  /** The first page that these follow. */
  after: Page<T> | undefined
  items: readonly T[]
  next: string | null
  loading: boolean
  error: unknown
}

/** `idOf` keeps an item that moved to a later page while the list was read from standing there twice. */
export function usePages<T>(
  key: string,
  ask: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  idOf: (item: T) => string,
): Paged<T> {
  const first = useAnswer(key, (signal) => ask(undefined, signal))
  const head = first.data
  const [held, setRest] = useState<Rest<T>>({
    after: head,
    items: [],
    next: null,
    loading: false,
    error: undefined,
  })
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [head])

  const fresh: Rest<T> = {
    after: head,
    items: [],
    next: head?.next ?? null,
    loading: false,
    error: undefined,
  }
  const rest = held.after === head ? held : fresh
  const next = rest.items.length === 0 ? (head?.next ?? null) : rest.next
  const loadMore = () => {
    if (next === null || rest.loading || first.outdated) return
    const controller = new AbortController()
    abort.current = controller
    setRest({ ...rest, loading: true, error: undefined })
    ask(next, controller.signal)
      .then((page) => {
        if (controller.signal.aborted) return
        setRest({
          after: head,
          items: [...rest.items, ...page.items],
          next: page.next,
          loading: false,
          error: undefined,
        })
      })
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setRest({ ...rest, loading: false, error })
      })
  }

  const all = head === undefined ? undefined : [...head.items, ...rest.items]
  const items = all && [...new Map(all.map((item) => [idOf(item), item])).values()]
  return {
    items,
    error: first.error ?? rest.error,
    loading: first.loading || rest.loading,
    outdated: first.outdated,
    more: next !== null && rest.error === undefined,
    loadMore,
    retry: rest.error === undefined ? first.refetch : loadMore,
  }
}

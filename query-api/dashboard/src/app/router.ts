/** The URL is the state: tab in the path, filters in the query. A few lines over the history API. */
import { useCallback, useMemo, useSyncExternalStore } from 'react'

const changed = new EventTarget()

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener)
  changed.addEventListener('change', listener)
  return () => {
    window.removeEventListener('popstate', listener)
    changed.removeEventListener('change', listener)
  }
}

const href = () => window.location.pathname + window.location.search

/** Goes to a path of this page. `replace` keeps the history short, for typing into a filter. */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === href()) return
  if (options.replace) window.history.replaceState(null, '', to)
  else window.history.pushState(null, '', to)
  changed.dispatchEvent(new Event('change'))
}

export interface Location {
  path: string
  query: URLSearchParams
}

export function useLocation(): Location {
  const now = useSyncExternalStore(subscribe, href)
  return useMemo(() => {
    const url = new URL(now, window.location.origin)
    return { path: url.pathname, query: url.searchParams }
  }, [now])
}

/** Writes a part of the query, keeping the rest; an empty or null value is taken out. */
export function useSetQuery(): (
  changes: Record<string, string | null>,
  options?: { replace?: boolean },
) => void {
  return useCallback((changes, options) => {
    const url = new URL(window.location.href)
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === '') url.searchParams.delete(key)
      else url.searchParams.set(key, value)
    }
    navigate(url.pathname + url.search, options)
  }, [])
}

/** True for a click that the browser should handle itself: another tab, another window, a download. */
export function isPlainClick(event: {
  button: number
  metaKey: boolean
  ctrlKey: boolean
  shiftKey: boolean
  altKey: boolean
}): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
}

/** One live stream per page, shared by everything on it. */
import { useEffect, useMemo, useState, type ReactNode } from 'react'

import { LiveStream, type LiveKind, type LiveState } from './live'
import { LiveContext, type Listener, type LivePayload } from './useLive'

export function LiveProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<LiveState>('connecting')
  const [watermark, setWatermark] = useState<string | null>(null)
  const [since, setSince] = useState<string | null>(null)
  const [listeners] = useState(() => new Set<Listener>())

  useEffect(() => {
    const stream = new LiveStream((url) => new EventSource(url), {
      state: setState,
      event: (kind: LiveKind, data) => {
        const payload = { kind, data } as LivePayload
        if (payload.kind === 'watermark' || payload.kind === 'lagged') {
          const at = payload.data.watermark
          setWatermark(at)
          setSince((first) => first ?? at)
        }
        for (const listener of listeners) listener(payload)
      },
    })
    // A browser allows six lines to a server: pages in the background must not hold one each.
    const follow = () => {
      if (document.hidden) stream.stop()
      else stream.start()
    }
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      stream.stop()
    }
  }, [listeners])

  const value = useMemo(() => ({ state, watermark, since, listeners }), [state, watermark, since, listeners])
  return <LiveContext value={value}>{children}</LiveContext>
}

/** Listening to the live stream. */
import { createContext, useContext, useEffect, useRef } from 'react'

import type { LiveState } from './live'
import type { LiveLagged, LiveMetrics, LiveWatermark, Message } from './types'

export type LivePayload =
  | { kind: 'message'; data: Message }
  | { kind: 'metrics'; data: LiveMetrics }
  | { kind: 'watermark'; data: LiveWatermark }
  | { kind: 'lagged'; data: LiveLagged }

export type Listener = (payload: LivePayload) => void

export interface Live {
  state: LiveState
  /** Everything the log held up to this time has been sent; null until the stream says. */
  watermark: string | null
  /** The watermark with which the first connection began: what is older comes from pages alone. */
  since: string | null
  listeners: Set<Listener>
}

export const LiveContext = createContext<Live | null>(null)

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (live === null) throw new Error('useLive needs a LiveProvider above it')
  return live
}

/** Calls the newest `listener` for each event. */
export function useLiveEvents(listener: Listener): void {
  const { listeners } = useLive()
  const newest = useRef(listener)
  useEffect(() => {
    newest.current = listener
  })
  useEffect(() => {
    const call: Listener = (payload) => {
      newest.current(payload)
    }
    listeners.add(call)
    return () => {
      listeners.delete(call)
    }
  }, [listeners])
}

/** A burst of events is one renewal: at once when it was quiet, then at most one per this time. */
const RENEW_EVERY_MS = 4000

/** Calls `renew` when the stream says that numbers changed, or that something was missed. */
export function useRenewal(renew: () => void): void {
  const last = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useLiveEvents(({ kind }) => {
    if (kind === 'watermark' || timer.current !== undefined) return
    const wait = Math.max(0, last.current + RENEW_EVERY_MS - Date.now())
    timer.current = setTimeout(() => {
      timer.current = undefined
      last.current = Date.now()
      renew()
    }, wait)
  })
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      timer.current = undefined
    },
    [],
  )
}

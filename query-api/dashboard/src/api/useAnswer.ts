/** A question to the API that stays fresh: loading, failed, shown, or shown though the last renewal failed. */
import { useCallback, useEffect, useRef, useState } from 'react'

import { Problem } from './problem'

/** After a failure the question is put again by itself this much later. */
const RETRY_MS = 10_000

export interface Answered<T> {
  /** The last answer to this question, or to the one before while the new one is under way. */
  data: T | undefined
  /** Why the last attempt failed; `data` may still be there, then it is old. */
  error: unknown
  loading: boolean
  /** `data` answers an earlier question. */
  outdated: boolean
  refetch: () => void
}

interface Held<T> {
  key: string
  data: T | undefined
  error: unknown
}

/** Asking again can only help against what passes by itself: no answer, an overloaded or restarting server. */
const mayPass = (error: unknown) =>
  error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 500)

/** `key` says when two questions are the same. */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Answered<T> {
  const [held, setHeld] = useState<Held<T>>({ key: '', data: undefined, error: undefined })
  const [attempt, setAttempt] = useState(0)
  const [settled, setSettled] = useState('')
  const asking = useRef(ask)
  useEffect(() => {
    asking.current = ask
  })
  const refetch = useCallback(() => {
    setAttempt((n) => n + 1)
  }, [])

  const turn = `${key} ${attempt}`
  useEffect(() => {
    const abort = new AbortController()
    let retry: ReturnType<typeof setTimeout> | undefined
    asking
      .current(abort.signal)
      .then((data) => {
        if (!abort.signal.aborted) setHeld({ key, data, error: undefined })
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return
        setHeld((before) => ({ key, data: before.key === key ? before.data : undefined, error }))
        if (mayPass(error)) retry = setTimeout(refetch, RETRY_MS)
      })
      .finally(() => {
        if (!abort.signal.aborted) setSettled(turn)
      })
    return () => {
      abort.abort()
      clearTimeout(retry)
    }
  }, [key, turn, refetch])

  const current = held.key === key
  return {
    data: held.data,
    error: current ? held.error : undefined,
    loading: settled !== turn,
    outdated: !current,
    refetch,
  }
}

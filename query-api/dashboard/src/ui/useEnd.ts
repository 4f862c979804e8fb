import { useEffect, useRef, type RefObject } from 'react'

/** Calls `reached` when the element comes near the window: the end of a list that goes on. */
export function useEnd<E extends Element>(enabled: boolean, reached: () => void): RefObject<E | null> {
  const end = useRef<E>(null)
  const newest = useRef(reached)
  useEffect(() => {
    newest.current = reached
  })
  useEffect(() => {
    const element = end.current
    if (!enabled || element === null) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) newest.current()
      },
      { rootMargin: '600px' },
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
    }
  })
  return end
}

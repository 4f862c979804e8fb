import { useEffect, type RefObject } from 'react'

/** Closes something that floats: Escape, or a press outside of it. */
export function useDismiss(open: boolean, inside: RefObject<HTMLElement | null>, close: () => void): void {
  useEffect(() => {
    if (!open) return
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      close()
    }
    const press = (event: PointerEvent) => {
      if (event.target instanceof Node && inside.current?.contains(event.target) === false) close()
    }
    document.addEventListener('keydown', key, true)
    document.addEventListener('pointerdown', press)
    return () => {
      document.removeEventListener('keydown', key, true)
      document.removeEventListener('pointerdown', press)
    }
  }, [open, inside, close])
}

import { useEffect, useRef } from 'react'

import { Details } from './Details'
import styles from './MessageDrawer.module.css'
import { getMessage } from '../../api/client'
import { Problem } from '../../api/problem'
import { useAnswer } from '../../api/useAnswer'
import { Icon } from '../../ui/Icon'
import { Empty, Failure, Skeleton } from '../../ui/State'

interface Props {
  /** `<phone number id>/<message id>`, as in the URL. */
  open: string
  close: () => void
}

/** One message beside the list (over it where it is narrow): what it says, what was made of it, what Meta sent. */
export function MessageDrawer({ open, close }: Props) {
  const slash = open.indexOf('/')
  const { data, error, loading, refetch } = useAnswer(open, (signal) =>
    getMessage(open.slice(0, slash), open.slice(slash + 1), signal),
  )

  const drawer = useRef<HTMLElement>(null)
  useEffect(() => {
    const before = document.activeElement
    drawer.current?.focus({ preventScroll: true })
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key === 'Escape') close()
    }
    document.addEventListener('keydown', key)
    return () => {
      document.removeEventListener('keydown', key)
    }
  }, [close])

  const absent = error instanceof Problem && (error.status === 404 || error.status === 400)
  return (
    <aside ref={drawer} className={styles.drawer} aria-label="Message details" tabIndex={-1}>
      <header className={styles.head}>
        <h2 className={styles.title}>Message</h2>
        <button type="button" className={styles.close} onClick={close} aria-label="Close">
          <Icon name="close" />
        </button>
      </header>
      <div className={styles.body}>
        {data === undefined && error === undefined && <Skeleton lines={8} />}
        {absent && (
          <Empty title="There is no such message">It may have been removed, or the address is wrong.</Empty>
        )}
        {error !== undefined && !absent && data === undefined && !loading && (
          <Failure error={error} retry={refetch} />
        )}
        {data !== undefined && <Details detail={data} />}
      </div>
    </aside>
  )
}

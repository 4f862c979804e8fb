import { Suspense, useEffect, useRef } from 'react'

import { Boundary } from './Boundary'
import { Frame } from './Frame'
import { Link } from './Link'
import { navigate, useLocation } from './router'
import { tabs } from './tabs'
import { Empty, Skeleton } from '../ui/State'

export function App() {
  const { path } = useLocation()
  const tab = tabs.find((one) => one.path === path)
  const root = path === '/'

  useEffect(() => {
    if (root) navigate('/overview', { replace: true })
  }, [root])

  const title = tab?.name ?? 'Not found'
  const main = useRef<HTMLElement>(null)
  const shown = useRef(path)
  useEffect(() => {
    document.title = `${title} · Parlance`
    if (shown.current === path) return
    shown.current = path
    // A new page is read from its top, by eye and by screen reader alike.
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [path, title])

  return (
    <Frame current={tab} main={main}>
      <Boundary key={path}>
        <Suspense fallback={<Skeleton lines={6} tall />}>
          {tab !== undefined && <tab.Page />}
          {tab === undefined && !root && (
            <>
              <h1 className="visually-hidden">Not found</h1>
              <Empty title="There is no such page">
                <Link to="/overview">Go to the overview</Link>
              </Empty>
            </>
          )}
        </Suspense>
      </Boundary>
    </Frame>
  )
}

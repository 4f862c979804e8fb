import type { ReactNode, RefObject } from 'react'

import { Connection } from './Connection'
import styles from './Frame.module.css'
import { Link } from './Link'
import { tabs, type Tab } from './tabs'
import { Icon } from '../ui/Icon'

interface Props {
  current: Tab | undefined
  main: RefObject<HTMLElement | null>
  children: ReactNode
}

/** What stays while pages change: the name, the tabs, the state of the line. */
export function Frame({ current, main, children }: Props) {
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#main">
        Skip to the page
      </a>
      <header className={styles.brand}>
        <Link to="/overview" className={styles.name}>
          <img src="/icon.svg" alt="" width="22" height="22" />
          Parlance
        </Link>
        <Connection />
      </header>
      <nav className={styles.nav} aria-label="Main">
        <ul>
          {tabs.map((tab) => (
            <li key={tab.path}>
              <Link
                to={tab.path}
                className={styles.tab}
                aria-current={tab.path === current?.path ? 'page' : undefined}
              >
                <Icon name={tab.icon} />
                <span>{tab.name}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" ref={main} className={styles.main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

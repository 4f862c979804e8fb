import styles from './BarList.module.css'
import { compact, percent } from '../logic/format'
import { Link } from '../app/Link'
import { Delta } from '../ui/Delta'

export interface BarItem {
  key: string
  name: string
  colour: string
  value: number
  previous?: number
  more?: 'good' | 'bad' | 'neutral'
  to?: string
}

/** Labels by frequency: a bar against the largest, the count, the share, the change. */
export function BarList({ items, total }: { items: readonly BarItem[]; total: number }) {
  const most = Math.max(1, ...items.map((item) => item.value))
  return (
    <ul className={styles.list}>
      {items.map((item) => (
        <li key={item.key} className={styles.row}>
          <span className={styles.name}>
            {item.to === undefined ? item.name : <Link to={item.to}>{item.name}</Link>}
          </span>
          <span className={styles.track} aria-hidden="true">
            <span
              className={styles.bar}
              style={{ width: `${(item.value / most) * 100}%`, background: item.colour }}
            />
          </span>
          <span className={styles.value}>{compact(item.value)}</span>
          <span className={styles.share}>{total === 0 ? '' : percent(item.value / total)}</span>
          {item.previous !== undefined && (
            <span className={styles.delta}>
              <Delta current={item.value} previous={item.previous} more={item.more ?? 'neutral'} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

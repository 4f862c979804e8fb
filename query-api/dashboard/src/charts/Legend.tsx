import styles from './Legend.module.css'
import { compact } from '../logic/format'

interface Props {
  items: readonly { key: string; name: string; colour: string; total?: number; dashed?: boolean }[]
}

/** What the colours mean; with totals it is also the chart in words. */
export function Legend({ items }: Props) {
  return (
    <ul className={styles.legend}>
      {items.map((item) => (
        <li key={item.key}>
          <svg width="10" height="8" aria-hidden="true">
            {item.dashed === true ? (
              <path d="M0 4h10" stroke={item.colour} strokeWidth="1.5" strokeDasharray="3 2" />
            ) : (
              <rect width="8" height="8" rx="2" fill={item.colour} />
            )}
          </svg>
          {item.name}
          {item.total !== undefined && <b>{compact(item.total)}</b>}
        </li>
      ))}
    </ul>
  )
}

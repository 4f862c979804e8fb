import styles from './Delta.module.css'
import { Icon } from './Icon'
import { percent } from '../logic/format'

interface Props {
  current: number
  /** Null: there was nothing then that could be compared with. */
  previous: number | null
  /** Whether more is good, bad, or neither. */
  more: 'good' | 'bad' | 'neutral'
  /** The numbers are shares: compare by points, not by ratio. */
  share?: boolean
}

/** The change against the period before. */
export function Delta({ current, previous, more, share = false }: Props) {
  if (previous === null) return null
  if (!share && previous === 0)
    return <span className={styles.delta}>{current === 0 ? 'no change' : 'new'}</span>
  const change = share ? current - previous : current / previous - 1
  const flat = Math.abs(change) < 0.0005
  const rising = change > 0
  // Half a point of a share is noise: said, but not in a colour that calls.
  const small = share && Math.abs(change) < 0.005
  const verdict = flat || small || more === 'neutral' ? 'flat' : rising === (more === 'good') ? 'good' : 'bad'
  const ratio = current / previous
  const words = share
    ? `${(Math.abs(change) * 100).toFixed(1)} pts`
    : ratio >= 10
      ? `×${Math.round(ratio)}`
      : percent(Math.abs(change))
  return (
    <span className={styles.delta} data-verdict={verdict}>
      {!flat && <Icon name={rising ? 'up' : 'down'} size={11} label={rising ? 'up' : 'down'} />}
      {flat ? 'no change' : words}
    </span>
  )
}

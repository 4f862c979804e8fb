import { sparkPath } from '../logic/spark'
import styles from './Sparkline.module.css'

/** The shape of a series, without numbers: decoration beside one. */
export function Sparkline({
  values,
  colour = 'var(--accent)',
}: {
  values: readonly number[]
  colour?: string
}) {
  return (
    <svg className={styles.spark} viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <path
        d={sparkPath(values, 100, 24)}
        fill="none"
        stroke={colour}
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
        strokeLinejoin="round"
      />
    </svg>
  )
}

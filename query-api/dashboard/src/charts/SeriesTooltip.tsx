import styles from './SeriesTooltip.module.css'
import type { Row, Series } from './TimeSeries'
import type { Step } from '../api/types'
import { count, percent } from '../logic/format'
import { bucketLabel } from '../logic/when'

interface Props {
  series: readonly Series[]
  starts: readonly number[]
  step: Step
  partial: ReadonlySet<number>
  before: readonly number[] | undefined
  /** Given by the chart. */
  active?: boolean
  payload?: readonly { payload?: Row }[]
}

/** The numbers of the bucket under the pointer: always counts, shares beside them. */
export function SeriesTooltip({ series, starts, step, partial, before, active, payload }: Props) {
  const bucket = payload?.[0]?.payload?.bucket
  const start = bucket === undefined ? undefined : starts[bucket]
  if (active !== true || bucket === undefined || start === undefined) return null
  const shown = series
    .map((one) => ({ ...one, value: one.values[bucket] ?? 0 }))
    .filter((one) => one.value > 0)
    .reverse()
  const total = shown.reduce((sum, one) => sum + one.value, 0)
  const earlier = before?.[bucket]
  return (
    <div className={styles.tip}>
      <p className={styles.when}>
        {bucketLabel(new Date(start), step)}
        {partial.has(bucket) && <span className={styles.note}> counted in part</span>}
      </p>
      <table className={styles.table}>
        <tbody>
          {shown.map((one) => (
            <tr key={one.key}>
              <th scope="row">
                <svg width="8" height="8" aria-hidden="true">
                  <rect width="8" height="8" rx="2" fill={one.colour} />
                </svg>
                {one.name}
              </th>
              <td>{count(one.value)}</td>
              <td className={styles.share}>{shown.length > 1 && percent(one.value / total)}</td>
            </tr>
          ))}
          {shown.length !== 1 && (
            <tr className={styles.total}>
              <th scope="row">All</th>
              <td>{count(total)}</td>
              <td />
            </tr>
          )}
          {earlier !== undefined && (
            <tr className={styles.before}>
              <th scope="row">Period before</th>
              <td>{count(earlier)}</td>
              <td />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  )
}

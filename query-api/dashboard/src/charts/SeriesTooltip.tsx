import styles from './SeriesTooltip.module.css'
import type { Row, Series } from './TimeSeries'
import type { Step } from '../api/types'
import { count, percent } from '../logic/format'
import { bucketLabel } from '../logic/when'

interface Props {
  series: readonly Series[]
  step: Step
  /** Given by the chart. */
  active?: boolean
  payload?: readonly { payload?: Row }[]
}

/** The numbers of the bucket under the pointer: always counts, shares beside them. */
export function SeriesTooltip({ series, step, active, payload }: Props) {
  const row = payload?.[0]?.payload
  if (active !== true || row === undefined) return null
  const total = series.reduce((sum, one) => sum + (row[`n:${one.key}`] ?? 0), 0)
  const shown = series.filter((one) => (row[`n:${one.key}`] ?? 0) > 0)
  const before = row.before
  return (
    <div className={styles.tip}>
      <p className={styles.when}>
        {bucketLabel(new Date(row.at), step)}
        {row.partial === 1 && <span className={styles.note}> counted in part</span>}
      </p>
      <table className={styles.table}>
        <tbody>
          {shown.map((one) => {
            const value = row[`n:${one.key}`] ?? 0
            return (
              <tr key={one.key}>
                <th scope="row">
                  <svg width="8" height="8" aria-hidden="true">
                    <rect width="8" height="8" rx="2" fill={one.colour} />
                  </svg>
                  {one.name}
                </th>
                <td>{count(value)}</td>
                <td className={styles.share}>{shown.length > 1 && percent(value / total)}</td>
              </tr>
            )
          })}
          {shown.length !== 1 && (
            <tr className={styles.total}>
              <th scope="row">All</th>
              <td>{count(total)}</td>
              <td />
            </tr>
          )}
          {before !== undefined && (
            <tr className={styles.before}>
              <th scope="row">Period before</th>
              <td>{count(before)}</td>
              <td />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  )
}

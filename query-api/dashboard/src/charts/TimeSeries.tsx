import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  Rectangle,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'

import { SeriesTooltip } from './SeriesTooltip'
import styles from './TimeSeries.module.css'
import type { Step } from '../api/types'
import { compact, percent } from '../logic/format'
import { axisTicks, partialBuckets } from '../logic/range'
import { axisLabel } from '../logic/when'

export interface Series {
  key: string
  name: string
  colour: string
  values: readonly number[]
}

export type Shape = 'bars' | 'lines' | 'share'

interface Props {
  /** What it shows, for those who do not see it. */
  label: string
  at: readonly string[]
  from: string
  step: Step
  lastOpen: boolean
  series: readonly Series[]
  /** The same buckets one period earlier, drawn as a dashed line. */
  before?: readonly number[] | undefined
  shape?: Shape
  height?: number
}

export type Row = Record<string, number> & { at: number; partial: number }

function rowsOf({ at, from, lastOpen, series, before, shape }: Props): Row[] {
  const partial = partialBuckets(at, from, lastOpen)
  return at.map((start, index) => {
    const row: Row = { at: Date.parse(start), partial: partial.has(index) ? 1 : 0 }
    const total = series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0)
    for (const { key, values } of series) {
      const value = values[index] ?? 0
      row[`n:${key}`] = value
      row[`s:${key}`] = shape !== 'share' ? value : total === 0 ? 0 : value / total
    }
    if (before !== undefined) row.before = before[index] ?? 0
    return row
  })
}

interface BarShape {
  payload?: Row
}

/** A series over time. Buckets that do not count their whole width are drawn faded, and said so. */
export function TimeSeries(props: Props) {
  const { label, at, step, series, before, shape = 'bars', height = 220 } = props
  const rows = rowsOf(props)
  const ticks = axisTicks(
    rows.map((row) => row.at),
    step,
    9,
    new Date().getTimezoneOffset(),
  )
  const span = (rows.at(-1)?.at ?? 0) - (rows[0]?.at ?? 0)
  const common = { isAnimationActive: false, stackId: 'all' }
  return (
    <figure className={styles.figure} aria-label={`${label}. ${at.length} points.`}>
      <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 300, height }}>
        <ComposedChart data={rows} margin={{ top: 6, right: 6, bottom: 0, left: 0 }} barCategoryGap="18%">
          <CartesianGrid vertical={false} stroke="var(--grid)" />
          <XAxis
            dataKey="at"
            ticks={ticks}
            interval="preserveStartEnd"
            minTickGap={18}
            tickFormatter={(time: number) => axisLabel(new Date(time), step, span)}
            tickLine={false}
            axisLine={{ stroke: 'var(--border-strong)' }}
            tick={{ fill: 'var(--text-3)', fontSize: 11 }}
            height={22}
          />
          <YAxis
            width="auto"
            allowDecimals={shape === 'share'}
            domain={shape === 'share' ? [0, 1] : [0, 'auto']}
            tickCount={4}
            tickFormatter={(value: number) => (shape === 'share' ? percent(value) : compact(value))}
            tickLine={false}
            axisLine={false}
            tick={{ fill: 'var(--text-3)', fontSize: 11 }}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: 'var(--sunken)', stroke: 'var(--border-strong)', fillOpacity: 0.6 }}
            content={<SeriesTooltip series={series} step={step} />}
          />
          {series.map((one) => {
            const key = `s:${one.key}`
            if (shape === 'lines') {
              return (
                <Line
                  key={key}
                  isAnimationActive={false}
                  dataKey={key}
                  name={one.name}
                  stroke={one.colour}
                  strokeWidth={1.75}
                  dot={false}
                  type="monotone"
                />
              )
            }
            if (shape === 'share') {
              return (
                <Area
                  key={key}
                  {...common}
                  dataKey={key}
                  name={one.name}
                  stroke="var(--surface)"
                  strokeWidth={0.75}
                  fill={one.colour}
                  fillOpacity={0.9}
                  type="stepAfter"
                />
              )
            }
            return (
              <Bar
                key={key}
                {...common}
                dataKey={key}
                name={one.name}
                fill={one.colour}
                shape={(bar: BarShape) => (
                  <Rectangle {...bar} fillOpacity={bar.payload?.partial ? 0.45 : 1} />
                )}
              />
            )
          })}
          {before !== undefined && (
            <Line
              isAnimationActive={false}
              dataKey="before"
              name="Period before"
              stroke="var(--text-3)"
              strokeWidth={1.25}
              strokeDasharray="3 3"
              dot={false}
              type="monotone"
            />
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </figure>
  )
}

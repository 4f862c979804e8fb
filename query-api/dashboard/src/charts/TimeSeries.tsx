import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'

import { Bars } from './Bars'
import { BucketCursor } from './BucketCursor'
import { SeriesTooltip } from './SeriesTooltip'
import styles from './TimeSeries.module.css'
import type { Step } from '../api/types'
import { compact, percent } from '../logic/format'
import { axisTicks, partialBuckets, stepMs } from '../logic/range'
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

export interface Row {
  /** The middle of the bucket: where lines have their points. */
  middle: number
  bucket: number
  /** What the axis must have room for. */
  top: number
  before: number
  /** Shares of the bucket, or counts, one a series. */
  parts: number[]
}

function rowsOf(starts: readonly number[], width: number, { series, before, shape }: Props): Row[] {
  return starts.map((start, bucket) => {
    const counts = series.map(({ values }) => values[bucket] ?? 0)
    const total = counts.reduce((sum, one) => sum + one, 0)
    const top = shape === 'share' ? 1 : shape === 'lines' ? Math.max(0, ...counts) : total
    const parts = shape === 'share' ? counts.map((one) => (total === 0 ? 0 : one / total)) : counts
    return { middle: start + width / 2, bucket, top, before: before?.[bucket] ?? 0, parts }
  })
}

const axis = { tickLine: false, tick: { fill: 'var(--text-3)', fontSize: 11 } } as const
const still = { isAnimationActive: false, dot: false, activeDot: false } as const

/** A series over time. Buckets that do not count their whole width are drawn faded, and said so. */
export function TimeSeries(props: Props) {
  const { label, at, from, step, lastOpen, series, before, shape = 'bars', height = 220 } = props
  const width = stepMs(step)
  const starts = at.map((start) => Date.parse(start))
  const rows = rowsOf(starts, width, props)
  const partial = partialBuckets(at, from, lastOpen)
  const [first = 0] = starts
  const end = (starts.at(-1) ?? 0) + width
  return (
    <figure className={styles.figure} aria-label={`${label}. ${at.length} points.`}>
      <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 300, height }}>
        <ComposedChart data={rows} margin={{ top: 6, right: 2, bottom: 0, left: 0 }}>
          <CartesianGrid vertical={false} stroke="var(--grid)" />
          <XAxis
            {...axis}
            dataKey="middle"
            type="number"
            scale="linear"
            domain={[first, end]}
            allowDataOverflow
            ticks={axisTicks(starts, step, 9, new Date().getTimezoneOffset())}
            interval="preserveStart"
            minTickGap={14}
            tickFormatter={(time: number) => axisLabel(new Date(time), step, end - first)}
            axisLine={{ stroke: 'var(--border-strong)' }}
            height={22}
          />
          <YAxis
            {...axis}
            width="auto"
            allowDecimals={shape === 'share'}
            domain={shape === 'share' ? [0, 1] : [0, 'auto']}
            tickCount={5}
            {...(shape === 'share' ? { ticks: [0, 0.25, 0.5, 0.75, 1] } : {})}
            tickFormatter={(value: number) => (shape === 'share' ? percent(value) : compact(value))}
            axisLine={false}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={<BucketCursor starts={starts} width={width} />}
            content={
              <SeriesTooltip series={series} starts={starts} step={step} partial={partial} before={before} />
            }
          />
          {/* Unseen: gives the axis its height and the pointer its buckets. */}
          <Line {...still} dataKey="top" stroke="none" />
          {shape === 'bars' && <Bars series={series} starts={starts} width={width} partial={partial} />}
          {shape === 'lines' &&
            series.map((one, index) => (
              <Line
                key={one.key}
                {...still}
                dataKey={(row: Row) => row.parts[index]}
                stroke={one.colour}
                strokeWidth={1.75}
                type="monotone"
              />
            ))}
          {shape === 'share' &&
            series.map((one, index) => (
              <Area
                key={one.key}
                {...still}
                dataKey={(row: Row) => row.parts[index]}
                stackId="share"
                stroke="var(--surface)"
                strokeWidth={0.5}
                fill={one.colour}
                fillOpacity={0.92}
                type="step"
              />
            ))}
          {before !== undefined && (
            <Line
              {...still}
              dataKey="before"
              stroke="var(--text-3)"
              strokeWidth={1.25}
              strokeDasharray="3 3"
              type="monotone"
            />
          )}
        </ComposedChart>
      </ResponsiveContainer>
    </figure>
  )
}

import { useXAxisScale, useYAxisScale } from 'recharts'

import type { Series } from './TimeSeries'
import { stackPaths } from '../logic/stack'

interface Props {
  series: readonly Series[]
  /** Start of each bucket, and its width. */
  starts: readonly number[]
  width: number
  partial: ReadonlySet<number>
}

/** Stacked bars on the chart's own scales. The library's bars are one component each, too slow for a week of hours. */
export function Bars({ series, starts, width, partial }: Props) {
  const x = useXAxisScale()
  const y = useYAxisScale()
  if (x === undefined || y === undefined) return null
  const paths = stackPaths(series, partial, {
    left: (bucket) => x(starts[bucket]) ?? 0,
    right: (bucket) => x((starts[bucket] ?? 0) + width) ?? 0,
    top: (value) => y(value) ?? 0,
  })
  return (
    <g>
      {paths.map((path) => (
        <g key={path.key} fill={path.colour}>
          <path d={path.whole} />
          <path d={path.partial} opacity={0.45} />
        </g>
      ))}
    </g>
  )
}

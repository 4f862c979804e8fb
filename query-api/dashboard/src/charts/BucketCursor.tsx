import { usePlotArea, useXAxisScale } from 'recharts'

import type { Row } from './TimeSeries'

interface Props {
  starts: readonly number[]
  width: number
  /** Given by the chart. */
  payload?: readonly { payload?: Row }[]
}

/** Marks the bucket under the pointer over its whole width. */
export function BucketCursor({ starts, width, payload }: Props) {
  const x = useXAxisScale()
  const area = usePlotArea()
  const start = starts[payload?.[0]?.payload?.bucket ?? -1]
  if (x === undefined || area === undefined || start === undefined) return null
  const left = x(start) ?? 0
  return (
    <rect
      x={left}
      y={area.y}
      width={(x(start + width) ?? 0) - left}
      height={area.height}
      fill="var(--text-3)"
      opacity={0.12}
      pointerEvents="none"
    />
  )
}

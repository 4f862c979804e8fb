import type { Overview } from '../../api/types'
import { Legend } from '../../charts/Legend'
import { TimeSeries } from '../../charts/TimeSeries'
import { count } from '../../logic/format'
import { Panel } from '../../ui/Panel'

interface Props {
  overview: Overview
  className: string | undefined
}

export function VolumePanel({ overview, className }: Props) {
  const { series, previous_series: earlier, current, step, range, last_bucket_open: lastOpen } = overview
  const sums = earlier.map((point) => point.inbound + point.outbound)
  // Only buckets that lie one period apart can be laid over each other; a flat zero says nothing.
  const before = earlier.length === series.length && sums.some((sum) => sum > 0) ? sums : undefined
  const lines = [
    {
      key: 'inbound',
      name: 'In',
      colour: 'var(--tone-teal)',
      values: series.map((point) => point.inbound),
      total: current.inbound.messages,
    },
    {
      key: 'outbound',
      name: 'Out',
      colour: 'var(--tone-slate)',
      values: series.map((point) => point.outbound),
      total: current.outbound.messages,
    },
  ]
  const dashed = { key: 'before', name: 'Period before', colour: 'var(--text-3)', dashed: true }
  return (
    <Panel
      title="Messages"
      className={className}
      aside={<Legend items={before === undefined ? lines : [...lines, dashed]} />}
    >
      <TimeSeries
        label={`Messages over time: ${count(current.inbound.messages)} in, ${count(current.outbound.messages)} out`}
        at={series.map((point) => point.at)}
        from={range.from}
        step={step}
        lastOpen={lastOpen}
        series={lines}
        before={before}
        height={268}
      />
    </Panel>
  )
}

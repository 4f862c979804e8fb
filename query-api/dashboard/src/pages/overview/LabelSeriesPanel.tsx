import type { Metrics } from '../../api/types'
import { Legend } from '../../charts/Legend'
import { TimeSeries } from '../../charts/TimeSeries'
import { labelOf, orderLabels, toneColour, type VocabularyName } from '../../logic/labels'
import { Panel } from '../../ui/Panel'
import { Empty } from '../../ui/State'

interface Props {
  title: string
  vocabulary: VocabularyName
  metrics: Metrics
  className: string | undefined
}

/** Customers' messages over time by label, in the order and colours of the vocabulary. */
export function LabelSeriesPanel({ title, vocabulary, metrics, className }: Props) {
  const byLabel = new Map(metrics.series.map((series) => [series.label, series]))
  const series = orderLabels(vocabulary, byLabel.keys())
    .map((label) => {
      const { name, tone } = labelOf(vocabulary, label)
      const { values = [], total = 0 } = byLabel.get(label) ?? {}
      return { key: label, name, colour: toneColour(tone), values, total }
    })
    .filter((one) => one.total > 0)
  return (
    <Panel title={title} hint="messages in" className={className}>
      {series.length === 0 ? (
        <Empty title="No messages in this range" />
      ) : (
        <>
          <Legend items={series} />
          <TimeSeries
            label={`${title} over time: ${series.map((one) => `${one.name} ${one.total}`).join(', ')}`}
            at={metrics.at}
            from={metrics.range.from}
            step={metrics.step}
            lastOpen={metrics.last_bucket_open}
            series={series}
            height={190}
          />
        </>
      )}
    </Panel>
  )
}

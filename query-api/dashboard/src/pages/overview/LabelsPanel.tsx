import { BarList, type BarItem } from '../../charts/BarList'
import { labelOf, toneColour, type VocabularyName } from '../../logic/labels'
import type { RangeName } from '../../logic/range'
import { Panel } from '../../ui/Panel'
import { Empty } from '../../ui/State'

interface Props {
  title: string
  vocabulary: VocabularyName
  current: Readonly<Record<string, number>>
  previous: Readonly<Record<string, number>>
  range: RangeName
  className: string | undefined
}

/** Labels that more of is bad news, or good news. Of the others neither. */
const news: Readonly<Record<string, 'good' | 'bad'>> = { complaint: 'bad', spam: 'bad', lead_inquiry: 'good' }

/** Labels of customers' messages, most frequent first, against the period before. */
export function LabelsPanel({ title, vocabulary, current, previous, range, className }: Props) {
  const silentBefore = Object.values(previous).every((value) => value === 0)
  const items: BarItem[] = Object.entries(current)
    .filter(([label, value]) => value > 0 || (previous[label] ?? 0) > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([label, value]) => {
      const { name, tone } = labelOf(vocabulary, label)
      return {
        key: label,
        name,
        colour: toneColour(tone),
        value,
        ...(silentBefore ? {} : { previous: previous[label] ?? 0 }),
        more: news[label] ?? 'neutral',
        to: `/messages?range=${range}&direction=inbound&${vocabulary}=${encodeURIComponent(label)}`,
      }
    })
  const total = items.reduce((sum, item) => sum + item.value, 0)
  return (
    <Panel title={title} hint="messages in" className={className}>
      {items.length === 0 ? (
        <Empty title="No messages in this range" />
      ) : (
        <BarList items={items} total={total} />
      )}
    </Panel>
  )
}

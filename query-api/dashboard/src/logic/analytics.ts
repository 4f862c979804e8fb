/** What the Analytics tab asks, as it stands in the URL. */
import type { GroupBy, Metrics, Query, Step } from '../api/types'
import { labelOf, orderLabels, toneColour, vocabularies, type VocabularyName } from './labels'
import { boundsOf, readRange, stepOf, stepsFor, type RangeName } from './range'

export const groupings: readonly { value: GroupBy | ''; label: string }[] = [
  { value: '', label: 'Nothing' },
  { value: 'direction', label: 'Direction' },
  { value: 'intent', label: 'Intent' },
  { value: 'sentiment', label: 'Sentiment' },
  { value: 'urgency', label: 'Urgency' },
  { value: 'language', label: 'Language' },
  { value: 'type', label: 'Type' },
  { value: 'origin', label: 'Origin' },
  { value: 'integration', label: 'Integration' },
]

export type ShapeName = 'bars' | 'lines' | 'share'

export interface Question {
  range: RangeName
  step: Step
  groupBy: GroupBy | ''
  direction: 'inbound' | 'outbound' | ''
  integration: string
  shape: ShapeName
}

/** Reads the URL; what is missing or makes no sense gets its default. */
export function readQuestion(query: URLSearchParams): Question {
  const range = readRange(query.get('range'), '7d')
  const direction = query.get('direction')
  const shape = query.get('shape')
  const group = query.get('group_by')
  return {
    range,
    step: stepsFor(range).find((step) => step === query.get('step')) ?? stepOf(range),
    groupBy:
      group === 'nothing'
        ? ''
        : (groupings.find((one) => one.value !== '' && one.value === group)?.value ?? 'intent'),
    direction: direction === 'outbound' ? 'outbound' : direction === 'all' ? '' : 'inbound',
    integration: query.get('integration') ?? '',
    shape: shape === 'lines' || shape === 'share' ? shape : 'bars',
  }
}

export function metricsQuery(question: Question, now: Date): Query<'/v1/metrics'> {
  const { range, step, groupBy, direction, integration } = question
  return {
    ...boundsOf(range, now),
    step,
    ...(groupBy === '' ? {} : { group_by: groupBy }),
    ...(direction === '' ? {} : { direction }),
    ...(integration === '' ? {} : { integration: [integration] }),
  }
}

/** Colours for labels that have none of their own meaning (types, languages, integrations), in order of volume. */
const palette = ['teal', 'blue', 'violet', 'amber', 'green', 'orange', 'red', 'slate'] as const
const meaningful = new Set<string>(['sentiment', 'urgency', 'intent', 'direction', 'origin'])

export interface NamedSeries {
  key: string
  name: string
  colour: string
  values: number[]
  total: number
}

const isVocabulary = (name: string): name is VocabularyName => Object.hasOwn(vocabularies, name)

/** Most series that a chart shows apart; the others are added up, so that the sum stays right. */
const MOST_SERIES = 10

export function namedSeries({
  group_by: group,
  series,
}: Pick<Metrics, 'group_by' | 'series'>): NamedSeries[] {
  const present = series.filter((one) => one.total > 0)
  if (group !== null && meaningful.has(group) && isVocabulary(group)) {
    const byLabel = new Map(present.map((one) => [one.label, one]))
    return orderLabels(group, byLabel.keys()).flatMap((label) => {
      const one = byLabel.get(label)
      if (one === undefined) return []
      const { name, tone } = labelOf(group, label)
      return [{ key: label, name, colour: toneColour(tone), values: one.values, total: one.total }]
    })
  }
  const sorted = [...present].sort((a, b) => b.total - a.total)
  const apart = sorted.length > MOST_SERIES ? sorted.slice(0, MOST_SERIES - 1) : sorted
  const named = apart.map((one, index) => ({
    key: one.label,
    name: group === null ? 'Messages' : isVocabulary(group) ? labelOf(group, one.label).name : one.label,
    colour: shade(index),
    values: one.values,
    total: one.total,
  }))
  const rest = sorted.slice(apart.length)
  const [first] = rest
  if (first === undefined) return named
  const values = first.values.map((_, bucket) =>
    rest.reduce((sum, one) => sum + (one.values[bucket] ?? 0), 0),
  )
  const total = rest.reduce((sum, one) => sum + one.total, 0)
  return [...named, { key: ' rest', name: `${rest.length} more`, colour: toneColour('faint'), values, total }]
}

function shade(index: number): string {
  const tone = palette[index % palette.length] ?? 'slate'
  // The second round of the palette is lighter, to be told from the first.
  return index < palette.length
    ? toneColour(tone)
    : `color-mix(in srgb, ${toneColour(tone)} 55%, var(--surface))`
}

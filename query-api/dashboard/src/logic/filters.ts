/** The filters of the Messages tab, as they stand in the URL, in the question to the API, and against a live message. */
import type { Message, MessageQuery } from '../api/types'
import { vocabularies, type VocabularyName } from './labels'
import { boundsOf, rangeNames, type RangeName } from './range'

/** Filters that may hold several labels: any of them. */
export const labelFilters = ['urgency', 'sentiment', 'intent', 'language', 'type', 'origin'] as const
export type LabelFilter = (typeof labelFilters)[number] & VocabularyName

export interface Filters {
  q: string
  range: RangeName | null
  direction: 'inbound' | 'outbound' | null
  integration: string[]
  contact: string | null
  labels: Readonly<Record<LabelFilter, readonly string[]>>
}

/** The API's bounds; what is beyond them would only be refused. */
const LONGEST_Q = 200
const MOST_VALUES = 20

const unique = (values: string[]) => [...new Set(values)].slice(0, MOST_VALUES)

/** Reads the filters of a URL. What the API would refuse (a label unknown to it) is left out. */
export function readFilters(query: URLSearchParams): Filters {
  const labels = (name: LabelFilter) =>
    unique(query.getAll(name).filter((label) => Object.hasOwn(vocabularies[name], label)))
  const direction = query.get('direction')
  return {
    q: (query.get('q') ?? '').slice(0, LONGEST_Q),
    range: rangeNames.find((name) => name === query.get('range')) ?? null,
    direction: direction === 'inbound' || direction === 'outbound' ? direction : null,
    integration: unique(query.getAll('integration').filter((id) => id !== '')),
    contact: query.get('contact') === '' ? null : query.get('contact'),
    labels: {
      urgency: labels('urgency'),
      sentiment: labels('sentiment'),
      intent: labels('intent'),
      language: labels('language'),
      type: labels('type'),
      origin: labels('origin'),
    },
  }
}

/** The filters as the query of a URL, always in the same order, so that equal filters have equal URLs. */
export function writeFilters(filters: Filters): URLSearchParams {
  const query = new URLSearchParams()
  if (filters.q !== '') query.set('q', filters.q)
  if (filters.range !== null) query.set('range', filters.range)
  if (filters.direction !== null) query.set('direction', filters.direction)
  for (const id of filters.integration) query.append('integration', id)
  if (filters.contact !== null) query.set('contact', filters.contact)
  for (const name of labelFilters) {
    for (const label of filters.labels[name]) query.append(name, label)
  }
  return query
}

export function isFiltered(filters: Filters): boolean {
  return writeFilters(filters).size > 0
}

/** The question to the API. Relative ranges become absolute here, once per list, so that its pages fit together. */
export function messageQuery(filters: Filters, now: Date): MessageQuery {
  const { labels } = filters
  return {
    ...(filters.q.trim() === '' ? {} : { q: filters.q.trim() }),
    ...(filters.range === null ? {} : { from: boundsOf(filters.range, now).from }),
    ...(filters.direction === null ? {} : { direction: filters.direction }),
    ...(filters.integration.length === 0 ? {} : { integration: filters.integration }),
    ...(filters.contact === null ? {} : { contact: filters.contact }),
    // `readFilters` let only labels of the vocabularies through.
    ...(labels as Pick<MessageQuery, LabelFilter>),
  }
}

/** Whether a message that came live belongs into the list. The same rules as the API's. */
export function matches(filters: Filters, message: Message, now: Date): boolean {
  const { labels } = filters
  const q = filters.q.trim().toLowerCase()
  return (
    (q === '' || (message.text ?? '').toLowerCase().includes(q)) &&
    (filters.range === null ||
      Date.parse(message.sent_at) >= Date.parse(boundsOf(filters.range, now).from)) &&
    (filters.direction === null || message.direction === filters.direction) &&
    (filters.integration.length === 0 || filters.integration.includes(message.phone_number_id)) &&
    (filters.contact === null || message.contact_id === filters.contact) &&
    labelFilters.every((name) => labels[name].length === 0 || labels[name].includes(message[name]))
  )
}

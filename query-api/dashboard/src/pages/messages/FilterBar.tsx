import { useState } from 'react'

import styles from './FilterBar.module.css'
import { isFiltered, labelFilters, type Filters } from '../../logic/filters'
import { toneColour, vocabularies, type LabelLook } from '../../logic/labels'
import { rangeNames, rangeOptions } from '../../logic/range'
import { Choice } from '../../ui/Choice'
import { Icon } from '../../ui/Icon'
import { IntegrationChoice } from '../../ui/IntegrationChoice'
import { MultiChoice } from '../../ui/MultiChoice'
import { Segmented } from '../../ui/Segmented'
import { TextSearch } from '../../ui/TextSearch'

interface Props {
  filters: Filters
  onChange: (filters: Filters, replace?: boolean) => void
}

const names: Record<(typeof labelFilters)[number], string> = {
  urgency: 'Urgency',
  sentiment: 'Sentiment',
  intent: 'Intent',
  language: 'Language',
  type: 'Type',
  origin: 'Origin',
}

/** Their colours mean something; those of the others would only be gay. */
const coloured = new Set<string>(['urgency', 'sentiment', 'intent'])

const noLabels: Filters['labels'] = {
  urgency: [],
  sentiment: [],
  intent: [],
  language: [],
  type: [],
  origin: [],
}
const noFilters: Filters = {
  q: '',
  range: null,
  direction: null,
  integration: [],
  contact: null,
  labels: noLabels,
}

const directionOptions = [
  { value: '', label: 'All' },
  { value: 'inbound', label: 'In' },
  { value: 'outbound', label: 'Out' },
] as const

export function FilterBar({ filters, onChange }: Props) {
  const [unfolded, setUnfolded] = useState(false)
  const active = isFiltered({ ...filters, q: '' })
  return (
    <search className={styles.bar} aria-label="Filter messages">
      <TextSearch
        label="Search in the text"
        placeholder="Search messages"
        value={filters.q}
        onChange={(q) => {
          onChange({ ...filters, q }, true)
        }}
      />
      <button
        type="button"
        className={styles.fold}
        aria-expanded={unfolded}
        aria-controls="filters"
        data-set={active}
        onClick={() => {
          setUnfolded(!unfolded)
        }}
      >
        Filters{active ? ' •' : ''}
      </button>
      <div id="filters" className={styles.rest} data-unfolded={unfolded}>
        <Segmented
          label="Direction"
          value={filters.direction ?? ''}
          options={directionOptions}
          onChange={(value) => {
            onChange({ ...filters, direction: value === '' ? null : value })
          }}
        />
        <Choice
          label="Time"
          any="Any time"
          value={filters.range ?? ''}
          options={rangeOptions.map(({ value, title }) => ({ value, label: title }))}
          onChange={(value) => {
            onChange({ ...filters, range: rangeNames.find((name) => name === value) ?? null })
          }}
        />
        <IntegrationChoice
          value={filters.integration[0] ?? ''}
          onChange={(value) => {
            onChange({ ...filters, integration: value === '' ? [] : [value] })
          }}
        />
        {labelFilters.map((name) => (
          <MultiChoice
            key={name}
            label={names[name]}
            values={filters.labels[name]}
            options={Object.entries(vocabularies[name] as Record<string, LabelLook>).map(([value, look]) => ({
              value,
              label: look.name,
              ...(coloured.has(name) ? { colour: toneColour(look.tone) } : {}),
            }))}
            onChange={(values) => {
              onChange({ ...filters, labels: { ...filters.labels, [name]: values } })
            }}
          />
        ))}
        {filters.contact !== null && (
          <button
            type="button"
            className={styles.chip}
            onClick={() => {
              onChange({ ...filters, contact: null })
            }}
          >
            Contact <bdi>{filters.contact}</bdi> <Icon name="close" size={12} label="Remove" />
          </button>
        )}
        {isFiltered(filters) && (
          <button
            type="button"
            className={styles.clear}
            onClick={() => {
              onChange(noFilters)
            }}
          >
            Clear all
          </button>
        )}
      </div>
    </search>
  )
}

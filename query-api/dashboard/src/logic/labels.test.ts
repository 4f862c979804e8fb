import { expect, test } from 'vitest'

import { ago, percent } from './format'
import { labelOf, orderLabels, vocabularies } from './labels'
import { lookOf } from './media'
import { message } from './testing'
import document from '../../../openapi.json'

const enums: Readonly<Record<keyof typeof vocabularies, string[]>> = {
  intent: document.components.schemas.Intent.enum,
  sentiment: document.components.schemas.Sentiment.enum,
  urgency: document.components.schemas.Urgency.enum,
  language: document.components.schemas.Language.enum,
  direction: document.components.schemas.Direction.enum,
  origin: document.components.schemas.Origin.enum,
  type: document.components.schemas.MessageType.enum,
}

test.each(Object.entries(enums))(
  'every %s of the API has a name and a colour here, and no other',
  (name, labels) => {
    expect(Object.keys(vocabularies[name as keyof typeof vocabularies]).sort()).toEqual([...labels].sort())
  },
)

test('labels stand in their fixed order, foreign ones after them', () => {
  expect(orderLabels('urgency', ['low', 'panic', 'critical'])).toEqual(['critical', 'low', 'panic'])
  expect(labelOf('urgency', 'panic').name).toBe('panic')
  expect(labelOf('urgency', '').name).toBe('Unknown')
})

test('a message that is not plain text says what it is, and keeps its caption', () => {
  expect(lookOf(message())).toEqual({ icon: null, kind: null, text: 'Where is my Order?' })
  expect(lookOf(message({ type: 'image', text: 'the crack' }))).toEqual({
    icon: 'image',
    kind: 'Image',
    text: 'the crack',
  })
  expect(lookOf(message({ type: 'unknown', type_name: 'hologram', text: null })).kind).toBe(
    'Unknown type “hologram”',
  )
  expect(lookOf(message({ type: 'unsupported', error_code: 131051, text: null })).kind).toBe(
    'Unsupported, error 131051',
  )
  expect(lookOf(message({ text: null })).kind).toBe('Empty text')
})

test('ages and shares are short', () => {
  const now = new Date('2026-11-22T10:00:00Z')
  const before = (seconds: number) => ago(new Date(now.getTime() - seconds * 1000), now)
  expect([-30, 4, 59, 61, 7200, 200_000].map(before)).toEqual(['now', 'now', '59 s', '1 min', '2 h', '2 d'])
  expect([0, 0.034, 0.1, 1].map(percent)).toEqual(['0%', '3.4%', '10%', '100%'])
})

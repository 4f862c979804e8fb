import { expect, test } from 'vitest'

import { changesOf, decisionOf } from './judged'
import { detail, message, verdict } from './testing'

test('a label that is what the text says needs no words, kept or not', () => {
  expect(decisionOf(detail(), 'intent')).toBeNull()
  const old = detail({ judged: { intent: { by: 'model', base: null, base_confidence: null } } })
  expect(decisionOf(old, 'intent')).toBeNull()
})

test('a label from the conversation says what the text alone says, and how surely', () => {
  const read = detail({
    message: message({ intent: 'complaint' }),
    judged: { intent: { by: 'context', base: 'other', base_confidence: 0.581 } },
  })
  expect(decisionOf(read, 'intent')).toEqual({
    by: { words: 'from the conversation', names: [] },
    alone: 'the text alone says Other (58\u00a0%)',
  })
  expect(decisionOf(read, 'urgency')).toBeNull()
})

test('a label of the classifiers that differs from the text alone says only that', () => {
  const nudged = detail({
    message: message({ intent: 'complaint' }),
    judged: { intent: { by: 'model', base: 'order_inquiry', base_confidence: 0.5 } },
  })
  expect(decisionOf(nudged, 'intent')).toEqual({ by: null, alone: 'the text alone says Order (50\u00a0%)' })
})

test('a pattern is named; of several all are, because which it was is not kept', () => {
  const by = (patterns: string[]) =>
    decisionOf(
      detail({ patterns, judged: { urgency: { by: 'pattern', base: 'medium', base_confidence: 0.7 } } }),
      'urgency',
    )
  expect(by(['vip'])).toEqual({
    by: { words: 'by the business’s pattern', names: ['vip'] },
    alone: 'the text alone says the same (70\u00a0%)',
  })
  expect(by(['vip', 'seal'])?.by).toEqual({ words: 'by the business’s patterns', names: ['vip', 'seal'] })
  expect(by([])?.by).toEqual({ words: 'by a pattern of the business', names: [] })
})

test('a correction is that of whoever said last what stands, on the same label and as the same judge', () => {
  const corrected = detail({
    message: message({ intent: 'feedback', language: 'es' }),
    judged: {
      intent: { by: 'person', base: 'none', base_confidence: 0 },
      language: { by: 'llm', base: 'pt' },
      sentiment: { by: 'person', base: 'neutral', base_confidence: 0.9 },
      urgency: { by: 'person', base: null, base_confidence: null },
    },
    verdicts: [
      verdict({ author: 'first', intent: 'feedback' }),
      verdict({ author: 'second', intent: 'complaint' }),
      verdict({ author: 'third', intent: 'feedback', sentiment: 'neutral' }),
      verdict({ author: 'small 2', judge: 'llm', intent: 'feedback', language: 'es' }),
      verdict({ author: 'last', urgency: 'low' }),
    ],
  })
  expect(decisionOf(corrected, 'intent')).toEqual({
    by: { words: 'corrected by', names: ['third'] },
    alone: 'the text alone says nothing',
  })
  expect(decisionOf(corrected, 'sentiment')?.by).toEqual({ words: 'confirmed by', names: ['third'] })
  expect(decisionOf(corrected, 'language')).toEqual({
    by: { words: 'by the language model', names: ['small 2'] },
    alone: 'the text alone says Portuguese',
  })
  // The verdict that stands has not been read yet, or is older than those that were.
  expect(decisionOf(corrected, 'urgency')).toEqual({
    by: { words: 'decided by a person', names: [] },
    alone: null,
  })
})

test('a verdict lists what it says and what was held before', () => {
  expect(changesOf(verdict({ intent: 'complaint', urgency: 'medium' }))).toEqual([
    { task: 'urgency', before: 'medium', after: 'medium' },
    { task: 'intent', before: 'order_inquiry', after: 'complaint' },
  ])
})

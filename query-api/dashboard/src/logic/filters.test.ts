import { describe, expect, test } from 'vitest'

import { isFiltered, matches, messageQuery, readFilters, writeFilters } from './filters'
import { message } from './testing'
import { queryString } from '../api/client'

const read = (text: string) => readFilters(new URLSearchParams(text))
const now = new Date('2026-11-22T10:30:10.000Z')

describe('filters in the URL', () => {
  test('come back as they were written, in one order', () => {
    const text =
      'q=late+%C3%BC+%26&range=7d&direction=inbound&integration=1&integration=2&contact=US.1&urgency=urgent&urgency=critical&sentiment=angry&type=audio&origin=live'
    expect(writeFilters(read(text)).toString()).toBe(text)
    const shuffled = 'sentiment=angry&urgency=urgent&direction=inbound'
    expect(writeFilters(read(shuffled)).toString()).toBe('direction=inbound&urgency=urgent&sentiment=angry')
  })

  test('leave out what the API would refuse', () => {
    const filters = read(
      'urgency=panic&urgency=high&urgency=high&direction=sideways&range=9y&integration=&contact=',
    )
    expect(writeFilters(filters).toString()).toBe('urgency=high')
    expect(read(`q=${'x'.repeat(500)}`).q).toHaveLength(200)
    expect(read(Array.from({ length: 30 }, (_, i) => `integration=${i}`).join('&')).integration).toHaveLength(
      20,
    )
  })

  test('do not take names of Object for labels', () => {
    expect(read('intent=constructor&intent=toString').labels.intent).toEqual([])
  })

  test('ignore what belongs to the page and not to the list', () => {
    expect(isFiltered(read('open=1%2Fwamid.A'))).toBe(false)
    expect(isFiltered(read('language=ar'))).toBe(true)
  })
})

test('the question repeats lists, makes ranges absolute and leaves empty filters out', () => {
  const query = messageQuery(read('range=1h&urgency=high&urgency=urgent&q=+late+'), now)
  expect(queryString(query)).toBe('?q=late&from=2026-11-22T09%3A31%3A00.000Z&urgency=high&urgency=urgent')
  expect(queryString(messageQuery(read(''), now))).toBe('')
})

describe('a live message', () => {
  test.each([
    ['', true],
    ['q=order', true],
    ['q=invoice', false],
    ['direction=outbound', false],
    ['urgency=high&urgency=medium', true],
    ['urgency=high', false],
    ['urgency=medium&sentiment=angry', false],
    ['integration=1001', true],
    ['integration=1002', false],
    ['contact=49151', true],
    ['contact=49152', false],
    ['range=1h', true],
    ['type=text&origin=live&language=en&intent=order_inquiry', true],
    ['origin=history', false],
  ])('under %j belongs to the list: %j', (text, belongs) => {
    expect(matches(read(text), message(), now)).toBe(belongs)
  })

  test('without text passes no search, and one too old passes no range', () => {
    expect(matches(read('q=a'), message({ text: null }), now)).toBe(false)
    expect(matches(read('range=1h'), message({ sent_at: '2026-11-22T09:30:59.000Z' }), now)).toBe(false)
  })
})

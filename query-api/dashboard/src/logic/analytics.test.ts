import { describe, expect, test } from 'vitest'

import { metricsQuery, namedSeries, readQuestion } from './analytics'

const read = (text: string) => readQuestion(new URLSearchParams(text))
const one = (label: string, total: number) => ({ label, total, values: [total, 0] })

describe('the question', () => {
  test('has sensible defaults for what is missing or wrong', () => {
    expect(read('range=9y&step=1s&group_by=mood&direction=up&shape=pie')).toEqual(read(''))
    expect(read('')).toMatchObject({
      range: '7d',
      step: '1h',
      groupBy: 'intent',
      direction: 'inbound',
      shape: 'bars',
    })
  })

  test('never asks for more buckets than the API gives', () => {
    expect(read('range=30d&step=1m').step).toBe('1d')
    expect(read('range=1h&step=1d').step).toBe('1m')
  })

  test('leaves out what is not asked', () => {
    const query = metricsQuery(read('group_by=nothing&direction=all'), new Date('2026-11-22T10:00:00Z'))
    expect(Object.keys(query).sort()).toEqual(['from', 'step', 'to'])
    expect(metricsQuery(read('integration=7'), new Date())).toMatchObject({
      group_by: 'intent',
      direction: 'inbound',
      integration: ['7'],
    })
  })
})

describe('series', () => {
  test('of a vocabulary stand in its order and colours, without those that are empty', () => {
    const series = namedSeries({
      group_by: 'sentiment',
      series: [one('angry', 5), one('positive', 1), one('none', 0)],
    })
    expect(series.map(({ name, colour }) => [name, colour])).toEqual([
      ['Positive', 'var(--tone-green)'],
      ['Angry', 'var(--tone-red)'],
    ])
  })

  test('that are too many are added up, so that the sum stays', () => {
    const numbers = Array.from({ length: 30 }, (_, index) => one(`n${index}`, index + 1))
    const series = namedSeries({ group_by: 'integration', series: numbers })
    expect(series).toHaveLength(10)
    expect(series[0]?.name).toBe('n29')
    expect(series.at(-1)?.name).toBe('21 more')
    expect(series.reduce((sum, part) => sum + part.total, 0)).toBe((30 * 31) / 2)
    expect(series.reduce((sum, part) => sum + (part.values[0] ?? 0), 0)).toBe((30 * 31) / 2)
  })

  test('a label that the page does not know is shown by its own text', () => {
    expect(namedSeries({ group_by: 'intent', series: [one('barter', 2)] })[0]?.name).toBe('barter')
  })
})

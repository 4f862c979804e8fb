import { describe, expect, test } from 'vitest'

import { axisTicks, boundsOf, DAY, HOUR, MINUTE, partialBuckets, readRange, stepsFor } from './range'

const starts = (from: string, step: number, buckets: number) =>
  Array.from({ length: buckets }, (_, bucket) => Date.parse(from) + bucket * step)

test('a range ends with the running minute', () => {
  expect(boundsOf('24h', new Date('2026-11-22T10:30:10.500Z'))).toEqual({
    from: '2026-11-21T10:31:00.000Z',
    to: '2026-11-22T10:31:00.000Z',
  })
  expect(boundsOf('1h', new Date('2026-11-22T10:30:00.000Z')).to).toBe('2026-11-22T10:30:00.000Z')
})

test('a range or step that makes no sense is not offered', () => {
  expect(readRange('1 year')).toBe('24h')
  expect(readRange(null, '7d')).toBe('7d')
  expect(stepsFor('1h')).toEqual(['1m'])
  expect(stepsFor('24h')).toEqual(['1m', '1h'])
  expect(stepsFor('30d')).toEqual(['1h', '1d'])
})

test('the first bucket is partial when the range begins inside it, the last while it grows', () => {
  const at = ['2026-11-22T10:00:00.000Z', '2026-11-22T11:00:00.000Z', '2026-11-22T12:00:00.000Z']
  expect([...partialBuckets(at, '2026-11-22T10:31:00.000Z', true)]).toEqual([0, 2])
  expect([...partialBuckets(at, '2026-11-22T10:00:00.000Z', false)]).toEqual([])
  expect([...partialBuckets([], '2026-11-22T10:00:00.000Z', true)]).toEqual([])
})

describe('labels of the axis', () => {
  test('stand at round times, few enough to read', () => {
    const hours = axisTicks(starts('2026-11-21T10:00:00Z', HOUR, 25), '1h', 9, 0)
    expect(hours.map((at) => new Date(at).getUTCHours())).toEqual([12, 15, 18, 21, 0, 3, 6, 9])
    const minutes = axisTicks(starts('2026-11-22T10:03:00Z', MINUTE, 60), '1m', 9, 0)
    expect(minutes.map((at) => new Date(at).getUTCMinutes())).toEqual([10, 20, 30, 40, 50, 0])
  })

  test('are round in the zone of the reader', () => {
    const delhi = axisTicks(starts('2026-11-21T00:00:00Z', HOUR / 2, 48), '1m', 9, -330)
    expect(delhi.every((at) => (at + 330 * MINUTE) % (3 * HOUR) === 0)).toBe(true)
  })

  test('of days stay UTC days wherever the reader is', () => {
    const days = axisTicks(starts('2026-11-01T00:00:00Z', DAY, 8), '1d', 9, 480)
    expect(days).toHaveLength(8)
  })

  test('are there even when no bucket is round', () => {
    expect(axisTicks(starts('2026-11-21T10:00:00Z', HOUR, 3), '1h', 1, 0)).toHaveLength(1)
    expect(axisTicks([], '1h', 9, 0)).toEqual([])
  })
})

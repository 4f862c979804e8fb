import { describe, expect, test } from 'vitest'

import { delivery, failedShare, unhappyShare } from './headline'
import type { StatusCount, Tally } from '../api/types'

const counts = (now: Record<string, number>): StatusCount[] =>
  Object.entries(now).map(([status, current]) => ({ status, current, previous: 0 }))

describe('delivery', () => {
  test('a later status implies the earlier ones that Meta left out', () => {
    expect(delivery(counts({ sent: 10, delivered: 4, read: 6, played: 1 }), 'current')).toEqual({
      sent: 10,
      delivered: 6,
      read: 6,
      failed: 0,
    })
    expect(delivery(counts({ read: 3 }), 'current')).toEqual({ sent: 3, delivered: 3, read: 3, failed: 0 })
  })

  test('periods are told apart, and words it does not know are left alone', () => {
    const statuses = [...counts({ warning: 9 }), { status: 'failed', current: 1, previous: 2 }]
    expect(delivery(statuses, 'previous')).toEqual({ sent: 0, delivered: 0, read: 0, failed: 2 })
  })

  test('the failed share is a share also when nothing was sent', () => {
    expect(failedShare({ sent: 0, delivered: 0, read: 0, failed: 0 })).toBe(0)
    expect(failedShare({ sent: 0, delivered: 0, read: 0, failed: 5 })).toBe(1)
    expect(failedShare({ sent: 20, delivered: 0, read: 0, failed: 5 })).toBe(0.25)
  })
})

test('unhappy is a share of what could be analysed', () => {
  const tally = (messages: number, by: Partial<Tally['by_sentiment']>) =>
    ({
      messages,
      by_sentiment: {
        positive: 0,
        negative: 0,
        angry: 0,
        frustrated: 0,
        excited: 0,
        neutral: 0,
        none: 0,
        ...by,
      },
    }) as Tally
  expect(unhappyShare(tally(10, { angry: 1, frustrated: 1, negative: 2, neutral: 4, none: 2 }))).toBe(0.5)
  expect(unhappyShare(tally(2, { none: 2 }))).toBe(0)
})

import { describe, expect, test } from 'vitest'

import { emptyFeed, feedReducer, fellBetween, MOST_SHOWN, type Feed, type FeedAction } from './feed'
import { mergeMessages, messageKey, newestFirst } from './merge'
import { at, message } from './testing'

const run = (...actions: FeedAction[]): Feed => actions.reduce(feedReducer, emptyFeed)
const ids = (feed: Feed) => feed.messages.map((one) => Number(one.message_id.slice(6)))
const page = (minutes: number[], cursor: string | null = 'more') => ({
  messages: minutes.map((minute) => at(minute)),
  cursor,
})

describe('merging', () => {
  test('keeps each message once, the later copy, newest first', () => {
    const merged = mergeMessages([at(3), at(1)], [at(2), at(3, { text: 'edited' })])
    expect(merged.map((one) => one.message_id)).toEqual(['wamid.0003', 'wamid.0002', 'wamid.0001'])
    expect(merged[0]?.text).toBe('edited')
  })

  test('tells the same id of two numbers apart, in the order of the API', () => {
    const merged = mergeMessages([message({ phone_number_id: '1' }), message({ phone_number_id: '2' })])
    expect(merged.map(messageKey)).toEqual(['2/wamid.A', '1/wamid.A'])
    expect(newestFirst(message(), message())).toBe(0)
  })
})

describe('the list', () => {
  test('shows live messages at its top, once, and marks them', () => {
    const feed = run(
      { kind: 'first', ...page([5, 4]) },
      { kind: 'arrived', messages: [at(6), at(5)], atTop: true },
      { kind: 'arrived', messages: [at(6)], atTop: true },
    )
    expect(ids(feed)).toEqual([6, 5, 4])
    expect([...feed.fresh]).toEqual(['1001/wamid.0006'])
  })

  test('puts a late message where it belongs, but leaves one beyond the loaded pages to its page', () => {
    const loaded: FeedAction[] = [
      { kind: 'first', ...page([9, 7]) },
      { kind: 'arrived', messages: [at(8), at(2)], atTop: true },
    ]
    expect(ids(run(...loaded))).toEqual([9, 8, 7])
    expect(ids(run(...loaded, { kind: 'older', ...page([3, 2], null) }))).toEqual([9, 8, 7, 3, 2])
  })

  test('keeps still while the reader is further down, and shows all when asked', () => {
    const reading: FeedAction[] = [
      { kind: 'first', ...page([5]) },
      { kind: 'arrived', messages: [at(6)], atTop: false },
      { kind: 'arrived', messages: [at(7), at(6)], atTop: false },
    ]
    expect(ids(run(...reading))).toEqual([5])
    expect(run(...reading).waiting).toHaveLength(2)
    const shown = run(...reading, { kind: 'show' })
    expect(ids(shown)).toEqual([7, 6, 5])
    expect(shown.waiting).toHaveLength(0)
  })

  test('loses nothing that came while the first page, or a new first page, was under way', () => {
    const early = run({ kind: 'arrived', messages: [at(6)], atTop: true }, { kind: 'first', ...page([5, 4]) })
    expect(ids(early)).toEqual([6, 5, 4])
    const anew = run(
      { kind: 'first', ...page([5, 4]) },
      { kind: 'missed' },
      { kind: 'arrived', messages: [at(8)], atTop: true },
      { kind: 'first', ...page([7, 6, 5]) },
    )
    expect(ids(anew)).toEqual([8, 7, 6, 5])
    expect(anew.stale).toBe(false)
  })

  test('forgets the old list when the filters change, but shows it until the new one is there', () => {
    const changing = run({ kind: 'first', ...page([5, 4]) }, { kind: 'reset' })
    expect(changing.ready).toBe(false)
    expect(ids(changing)).toEqual([5, 4])
    expect(ids(feedReducer(changing, { kind: 'first', ...page([3], null) }))).toEqual([3])
  })

  test('asks to be read anew when the stream left something out, and when it has grown too long', () => {
    expect(run({ kind: 'first', ...page([1]) }, { kind: 'missed' }).stale).toBe(true)
    const many = Array.from({ length: MOST_SHOWN + 1 }, (_, minute) => at(minute + 10))
    expect(run({ kind: 'first', ...page([1]) }, { kind: 'arrived', messages: many, atTop: true }).stale).toBe(
      true,
    )
    const away = run({ kind: 'first', ...page([1]) }, { kind: 'arrived', messages: many, atTop: false })
    expect(away.waiting).toHaveLength(MOST_SHOWN)
    expect(feedReducer(away, { kind: 'show' }).stale).toBe(true)
  })
})

test('a page older than the beginning of the stream has a gap behind it', () => {
  expect(fellBetween('2026-11-22T10:00:00.000Z', '2026-11-22T10:00:01.000Z')).toBe(true)
  expect(fellBetween('2026-11-22T10:00:01.000Z', '2026-11-22T10:00:01.000Z')).toBe(false)
  expect(fellBetween(null, '2026-11-22T10:00:01.000Z')).toBe(true)
  expect(fellBetween('2026-11-22T10:00:00.000Z', null)).toBe(false)
})

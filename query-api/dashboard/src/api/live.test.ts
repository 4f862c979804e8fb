import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { LiveStream, pauseAfter, type LiveKind, type LiveState, type Source } from './live'

class FakeSource implements Source {
  readyState = 0
  onopen: ((event: Event) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  closed = false
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>()

  constructor(readonly url: string) {}

  addEventListener(kind: string, listener: (event: MessageEvent<string>) => void) {
    this.listeners.set(kind, listener)
  }
  close() {
    this.closed = true
    this.readyState = 2
  }
  opened() {
    this.readyState = 1
    this.onopen?.(new Event('open'))
  }
  broke(readyState: number) {
    this.readyState = readyState
    this.onerror?.(new Event('error'))
  }
  says(kind: LiveKind, data: unknown, lastEventId: string) {
    this.listeners.get(kind)?.(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId }))
  }
}

function begin() {
  const sources: FakeSource[] = []
  const states: LiveState[] = []
  const events: [LiveKind, unknown][] = []
  const stream = new LiveStream(
    (url) => {
      const source = new FakeSource(url)
      sources.push(source)
      return source
    },
    { state: (state) => states.push(state), event: (kind, data) => events.push([kind, data]) },
  )
  stream.start()
  const newest = () => {
    const source = sources.at(-1)
    if (source === undefined) throw new Error('nothing was opened')
    return source
  }
  return { stream, sources, states, events, newest }
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('the live stream', () => {
  test('hands on events in order and says that it is live', () => {
    const { newest, events, states } = begin()
    newest().opened()
    newest().says('watermark', { watermark: null }, '1')
    newest().says('message', { message_id: 'a' }, '2')
    expect(states).toEqual(['connecting', 'live'])
    expect(events).toEqual([
      ['watermark', { watermark: null }],
      ['message', { message_id: 'a' }],
    ])
  })

  test('leaves a broken line to the browser, which goes on by itself', () => {
    const { newest, sources, states } = begin()
    newest().opened()
    newest().broke(0)
    vi.advanceTimersByTime(30_000)
    expect(sources).toHaveLength(1)
    newest().opened()
    expect(states).toEqual(['connecting', 'live', 'reconnecting', 'live'])
  })

  test('opens a refused line anew, after the last event it saw', () => {
    const { newest, sources } = begin()
    newest().opened()
    newest().says('watermark', { watermark: null }, '7 8')
    newest().broke(2)
    expect(sources).toHaveLength(1)
    vi.advanceTimersByTime(1000)
    expect(sources).toHaveLength(2)
    expect(newest().url).toBe('/v1/live?last_event_id=7%208')
  })

  test('pauses longer after each failure, up to a bound, and forgets failures once open', () => {
    expect([1, 2, 3, 4].map((failures) => pauseAfter(failures, 1))).toEqual([1000, 2000, 4000, 8000])
    expect(pauseAfter(50, 1)).toBe(30_000)
    expect(pauseAfter(1, 0)).toBe(500)
    const { newest, sources } = begin()
    newest().broke(2)
    vi.advanceTimersByTime(1000)
    newest().broke(2)
    vi.advanceTimersByTime(2000)
    newest().opened()
    newest().broke(2)
    vi.advanceTimersByTime(1000)
    expect(sources).toHaveLength(4)
  })

  test('stops for good when told, and goes on where it was when started again', () => {
    const { stream, newest, sources, states } = begin()
    newest().opened()
    newest().says('watermark', { watermark: null }, '5')
    stream.stop()
    expect(newest().closed).toBe(true)
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
    stream.start()
    stream.start()
    expect(sources).toHaveLength(2)
    expect(newest().url).toBe('/v1/live?last_event_id=5')
    expect(states).toEqual(['connecting', 'live', 'paused', 'reconnecting'])
  })

  test('opens a line that has gone silent anew, and only then', () => {
    const { newest, sources, stream } = begin()
    newest().opened()
    for (let second = 0; second < 120; second += 1) {
      newest().says('watermark', { watermark: null }, String(second))
      vi.advanceTimersByTime(1000)
    }
    expect(sources).toHaveLength(1)
    vi.advanceTimersByTime(45_000)
    expect(sources.map((source) => source.closed)).toEqual([true, false])
    expect(newest().url).toBe('/v1/live?last_event_id=119')
    stream.stop()
    vi.advanceTimersByTime(90_000)
    expect(sources).toHaveLength(2)
  })

  test('stopping during a pause cancels the attempt', () => {
    const { stream, newest, sources } = begin()
    newest().broke(2)
    stream.stop()
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
  })
})

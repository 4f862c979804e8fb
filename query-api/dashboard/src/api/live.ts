/** The live stream, kept open: reconnects with growing pauses and goes on after the last event it saw. */

/** What the browser's `EventSource` offers and this file needs, so that tests can stand in for it. */
export interface Source {
  readonly readyState: number
  onopen: ((event: Event) => void) | null
  onerror: ((event: Event) => void) | null
  addEventListener: (kind: string, listener: (event: MessageEvent<string>) => void) => void
  close: () => void
}

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'paused'

export interface LiveHandlers {
  state: (state: LiveState) => void
  event: (kind: LiveKind, data: unknown) => void
}

export const liveKinds = ['message', 'metrics', 'watermark', 'lagged'] as const
export type LiveKind = (typeof liveKinds)[number]

const CLOSED = 2
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
/**
 * The watermark moves every second. Without an event for this long either the pipeline stands still or the line is dead
 * without anyone having said so (a proxy between, a laptop that slept): opened anew, it costs little and misses nothing.
 */
const SILENCE_MS = 45_000

/** Milliseconds before the attempt after `failures` failures in a row; spread so that pages do not come all at once. */
export function pauseAfter(failures: number, random: number): number {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1))
  return Math.round(pause * (0.5 + random / 2))
}

export class LiveStream {
  private source: Source | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined
  private lastEventId = ''
  private failures = 0

  constructor(
    private readonly open: (url: string) => Source,
    private readonly handlers: LiveHandlers,
  ) {}

  start(): void {
    if (this.source !== null || this.timer !== undefined) return
    this.handlers.state(this.lastEventId === '' ? 'connecting' : 'reconnecting')
    this.connect()
  }

  /** Closes the line; `start` goes on where it stopped. */
  stop(): void {
    clearTimeout(this.timer)
    clearTimeout(this.silence)
    this.timer = undefined
    this.source?.close()
    this.source = null
    this.handlers.state('paused')
  }

  private connect(): void {
    const resume = this.lastEventId === '' ? '' : `?last_event_id=${encodeURIComponent(this.lastEventId)}`
    const source = this.open(`/v1/live${resume}`)
    this.source = source
    this.listenForSilence(source)
    source.onopen = () => {
      this.failures = 0
      this.handlers.state('live')
    }
    source.onerror = () => {
      if (this.source === source) this.failed(source)
    }
    for (const kind of liveKinds) {
      source.addEventListener(kind, (event) => {
        if (event.lastEventId !== '') this.lastEventId = event.lastEventId
        this.listenForSilence(source)
        this.handlers.event(kind, JSON.parse(event.data))
      })
    }
  }

  private listenForSilence(source: Source): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => {
      if (this.source !== source) return
      source.close()
      this.connect()
    }, SILENCE_MS)
  }

  private failed(source: Source): void {
    this.failures += 1
    this.handlers.state('reconnecting')
    // A line that broke is mended by the browser itself; a refused one (`CLOSED`) never is.
    if (source.readyState !== CLOSED) return
    source.close()
    this.source = null
    clearTimeout(this.silence)
    this.timer = setTimeout(
      () => {
        this.timer = undefined
        this.connect()
      },
      pauseAfter(this.failures, Math.random()),
    )
  }
}

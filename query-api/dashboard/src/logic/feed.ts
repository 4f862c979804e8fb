/** The Messages list as a machine: pages come in at the end, live messages at the top, none twice, none lost. */
import type { Message } from '../api/types'
import { mergeMessages, messageKey, withinLoaded } from './merge'

/** A list at rest at its top is read anew beyond this, so that a page left open all day stays light. */
export const MOST_SHOWN = 1000

export interface Feed {
  /** The first page is there. */
  ready: boolean
  messages: readonly Message[]
  /** Came live while the reader was further down, or before the first page: not shown yet. */
  waiting: readonly Message[]
  /** Keys of what came live and is shown, to mark it as new. */
  fresh: ReadonlySet<string>
  cursor: string | null
  /** The list must be read anew. */
  stale: boolean
}

export const emptyFeed: Feed = {
  ready: false,
  messages: [],
  waiting: [],
  fresh: new Set(),
  cursor: null,
  stale: false,
}

export type FeedAction =
  | { kind: 'reset' }
  | { kind: 'first'; messages: readonly Message[]; cursor: string | null }
  | { kind: 'older'; messages: readonly Message[]; cursor: string | null }
  | { kind: 'arrived'; messages: readonly Message[]; atTop: boolean }
  | { kind: 'show' }
  | { kind: 'missed' }

function show(feed: Feed, arrived: readonly Message[]): Feed {
  const waiting = mergeMessages(feed.waiting, arrived)
  const fitting = withinLoaded(feed.messages, waiting, feed.cursor !== null)
  const messages = mergeMessages(feed.messages, fitting)
  const known = new Set(feed.messages.map(messageKey))
  const fresh = new Set([...feed.fresh, ...fitting.map(messageKey).filter((key) => !known.has(key))])
  return { ...feed, messages, waiting: [], fresh, stale: feed.stale || messages.length > MOST_SHOWN }
}

export function feedReducer(feed: Feed, action: FeedAction): Feed {
  switch (action.kind) {
    case 'reset':
      // The old list stays in sight until the new one is there.
      return { ...emptyFeed, messages: feed.messages }
    case 'first': {
      // What came live, shown or waiting, may be newer than the page.
      const within = (list: readonly Message[]) => withinLoaded(action.messages, list, action.cursor !== null)
      const before = feed.ready ? within(feed.messages) : []
      return {
        ...emptyFeed,
        ready: true,
        messages: mergeMessages(before, action.messages, within(feed.waiting)),
        cursor: action.cursor,
      }
    }
    case 'older':
      return { ...feed, messages: mergeMessages(action.messages, feed.messages), cursor: action.cursor }
    case 'arrived': {
      if (feed.ready && action.atTop) return show(feed, action.messages)
      const waiting = mergeMessages(feed.waiting, action.messages)
      if (waiting.length <= MOST_SHOWN) return { ...feed, waiting }
      return { ...feed, waiting: waiting.slice(0, MOST_SHOWN) }
    }
    case 'show':
      // Too many to have kept them all: only reading anew shows them right.
      if (feed.waiting.length >= MOST_SHOWN) return { ...feed, stale: true }
      return show(feed, [])
    case 'missed':
      return { ...feed, stale: true }
  }
}

/** The page was read before the live stream began: what came between was in neither. */
export function fellBetween(pageWatermark: string | null, streamSince: string | null): boolean {
  if (streamSince === null) return false
  return pageWatermark === null || Date.parse(pageWatermark) < Date.parse(streamSince)
}

/** One list of messages out of pages and live events: newest first, each message once. */
import type { Message } from '../api/types'

export const messageKey = (message: Pick<Message, 'phone_number_id' | 'message_id'>) =>
  `${message.phone_number_id}/${message.message_id}`

/** The API's order: newest first by (`sent_at`, `message_id`, `phone_number_id`). Negative when `a` comes first. */
export function newestFirst(a: Message, b: Message): number {
  const at = Date.parse(b.sent_at) - Date.parse(a.sent_at)
  if (at !== 0) return at
  if (a.message_id !== b.message_id) return a.message_id < b.message_id ? 1 : -1
  if (a.phone_number_id === b.phone_number_id) return 0
  return a.phone_number_id < b.phone_number_id ? 1 : -1
}

/** Joins lists; of a message that is in several, the copy of the later list stays. */
export function mergeMessages(...lists: readonly (readonly Message[])[]): Message[] {
  const byKey = new Map<string, Message>()
  for (const list of lists) for (const message of list) byKey.set(messageKey(message), message)
  return [...byKey.values()].sort(newestFirst)
}

/**
 * Live messages that belong to what is loaded. While older pages are still to come, one that sorts behind the last
 * loaded message is left to its page: shown now, it would stand next to messages that are not its neighbours.
 */
export function withinLoaded(loaded: readonly Message[], live: readonly Message[], more: boolean): Message[] {
  const last = loaded.at(-1)
  if (!more || last === undefined) return [...live]
  return live.filter((message) => newestFirst(message, last) <= 0)
}

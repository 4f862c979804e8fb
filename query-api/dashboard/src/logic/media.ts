/** How a message is shown that is not, or not only, text. */
import type { Message } from '../api/types'
import type { IconName } from '../ui/Icon'
import { labelOf } from './labels'

const icons: Readonly<Partial<Record<Message['type'], IconName>>> = {
  image: 'image',
  video: 'video',
  document: 'document',
  audio: 'audio',
  sticker: 'sticker',
  location: 'location',
  contacts: 'card',
  interactive: 'tap',
  button: 'tap',
  order: 'order',
  reaction: 'reaction',
  system: 'notice',
  unsupported: 'warning',
  edit: 'edit',
  revoke: 'revoke',
  request_welcome: 'hand',
  template: 'templates',
  unknown: 'warning',
}

export interface Look {
  icon: IconName | null
  /** The type in words; for plain text none is needed. */
  kind: string | null
  text: string
}

export function lookOf(message: Pick<Message, 'type' | 'type_name' | 'text' | 'error_code'>): Look {
  const text = message.text ?? ''
  if (message.type === 'text') return { icon: null, kind: text === '' ? 'Empty text' : null, text }
  const name = labelOf('type', message.type).name
  const own =
    message.type === 'unknown' && message.type_name !== null ? `${name} “${message.type_name}”` : name
  const kind = message.error_code === null ? own : `${own}, error ${message.error_code}`
  return { icon: icons[message.type] ?? null, kind, text }
}

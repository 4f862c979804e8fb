/** Template events in words: which webhook fields there are, and how good or bad what they say is. */
import type { Tone } from './labels'

export const templateFields = [
  { value: 'message_template_status_update', label: 'Status' },
  { value: 'message_template_quality_update', label: 'Quality' },
  { value: 'message_template_components_update', label: 'Components' },
  { value: 'template_category_update', label: 'Category' },
  { value: 'template_correct_category_detection', label: 'Category check' },
] as const

export function templateFieldName(field: string): string {
  return templateFields.find((one) => one.value === field)?.label ?? field
}

const tones: Readonly<Record<string, Tone>> = {
  APPROVED: 'green',
  REINSTATED: 'green',
  UNARCHIVED: 'green',
  GREEN: 'green',
  PENDING: 'blue',
  IN_APPEAL: 'blue',
  PENDING_DELETION: 'amber',
  FLAGGED: 'amber',
  YELLOW: 'amber',
  PAUSED: 'orange',
  LIMIT_EXCEEDED: 'orange',
  LOCKED: 'orange',
  REJECTED: 'red',
  DISABLED: 'red',
  RED: 'red',
}

/** Colour of an event in Meta's word; a word we do not know is plain. */
export const eventTone = (event: string): Tone => tones[event] ?? 'slate'

/** `IN_APPEAL` → `In appeal`. */
export function eventName(event: string): string {
  const words = event.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

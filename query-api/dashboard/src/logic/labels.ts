/** The closed vocabularies of the analysis as people read them, in the order and colour in which they are always shown. */

export type Tone = 'teal' | 'green' | 'violet' | 'blue' | 'amber' | 'orange' | 'red' | 'slate' | 'faint'

export interface LabelLook {
  name: string
  tone: Tone
}

type Vocabulary = Readonly<Record<string, LabelLook>>

const look = (name: string, tone: Tone = 'teal'): LabelLook => ({ name, tone })

/** Best first. */
export const sentiments: Vocabulary = {
  excited: look('Excited', 'violet'),
  positive: look('Positive', 'green'),
  neutral: look('Neutral', 'slate'),
  negative: look('Negative', 'blue'),
  frustrated: look('Frustrated', 'orange'),
  angry: look('Angry', 'red'),
  none: look('Not analysed', 'faint'),
}

/** Most pressing first. */
export const urgencies: Vocabulary = {
  critical: look('Critical', 'red'),
  urgent: look('Urgent', 'orange'),
  high: look('High', 'amber'),
  medium: look('Medium', 'blue'),
  low: look('Low', 'slate'),
  none: look('Not analysed', 'faint'),
}

export const intents: Vocabulary = {
  complaint: look('Complaint', 'red'),
  support_ticket: look('Support', 'orange'),
  payment_inquiry: look('Payment', 'amber'),
  order_inquiry: look('Order', 'blue'),
  appointment_request: look('Appointment', 'violet'),
  lead_inquiry: look('Lead', 'green'),
  feedback: look('Feedback', 'teal'),
  other: look('Other', 'slate'),
  spam: look('Spam', 'slate'),
  none: look('Not analysed', 'faint'),
}

export const languages: Vocabulary = {
  en: look('English'),
  es: look('Spanish'),
  fr: look('French'),
  de: look('German'),
  it: look('Italian'),
  pt: look('Portuguese'),
  ar: look('Arabic'),
  zh: look('Chinese'),
  ja: look('Japanese'),
  ko: look('Korean'),
  other: look('Other', 'slate'),
  none: look('No text', 'faint'),
}

export const directions: Vocabulary = {
  inbound: look('Inbound', 'teal'),
  outbound: look('Outbound', 'slate'),
}

export const origins: Vocabulary = {
  live: look('Webhook', 'teal'),
  phone_app: look('Phone app', 'violet'),
  history: look('Imported', 'slate'),
  api: look('Sent by Parlance', 'blue'),
}

export const types: Vocabulary = {
  text: look('Text'),
  image: look('Image'),
  video: look('Video'),
  document: look('Document'),
  audio: look('Audio'),
  sticker: look('Sticker'),
  location: look('Location'),
  contacts: look('Contact card'),
  interactive: look('Interactive reply'),
  button: look('Quick reply'),
  order: look('Order'),
  reaction: look('Reaction'),
  system: look('System notice'),
  unsupported: look('Unsupported'),
  edit: look('Edit'),
  revoke: look('Deletion'),
  request_welcome: look('Opened the chat'),
  template: look('Template'),
  unknown: look('Unknown type'),
}

export const vocabularies = {
  sentiment: sentiments,
  urgency: urgencies,
  intent: intents,
  language: languages,
  direction: directions,
  origin: origins,
  type: types,
} as const

export type VocabularyName = keyof typeof vocabularies

/** How a label looks. One that this page does not know is shown by its own text, never hidden. */
export function labelOf(vocabulary: VocabularyName, label: string): LabelLook {
  const known = vocabularies[vocabulary]
  const own = Object.hasOwn(known, label) ? known[label] : undefined
  return own ?? look(label === '' ? 'Unknown' : label, 'slate')
}

/** The labels of a vocabulary in their fixed order, then any that are foreign to it, in the order given. */
export function orderLabels(vocabulary: VocabularyName, present: Iterable<string>): string[] {
  const known = Object.keys(vocabularies[vocabulary])
  const there = new Set(present)
  return [
    ...known.filter((label) => there.has(label)),
    ...[...there].filter((label) => !known.includes(label)),
  ]
}

/** A CSS colour of a tone, for charts. */
export const toneColour = (tone: Tone) => `var(--tone-${tone})`

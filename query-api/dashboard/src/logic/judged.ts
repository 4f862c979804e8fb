/** Why a message's labels are not simply what its text says, in words. */
import { labelOf } from './labels'
import type { MessageDetail, Verdict } from '../api/types'

/** The labels of the analysis, in the order in which they are shown. */
export const tasks = ['urgency', 'sentiment', 'intent', 'language'] as const
export type Task = (typeof tasks)[number]

export const taskNames: Readonly<Record<Task, string>> = {
  urgency: 'Urgency',
  sentiment: 'Sentiment',
  intent: 'Intent',
  language: 'Language',
}

export interface Decision {
  /** Who decided; null when it was the classifiers. */
  by: { words: string; names: readonly string[] } | null
  /** What the text alone says; null when that was not kept. */
  alone: string | null
}

/** Who decided a label against the text alone, or beside it; null where the label is what the text says. */
export function decisionOf(detail: MessageDetail, task: Task): Decision | null {
  const { by, base } = detail.judged[task]
  const same = base === null || base === detail.message[task]
  if (by === 'model') return same ? null : { by: null, alone: alone(detail, task) }
  return { by: decider(detail, task), alone: alone(detail, task) }
}

function decider(detail: MessageDetail, task: Task): Decision['by'] {
  const { by } = detail.judged[task]
  switch (by) {
    case 'model':
      return null
    case 'context':
      return { words: 'from the conversation', names: [] }
    case 'pattern': {
      const names = detail.patterns
      if (names.length === 0) return { words: 'by a pattern of the business', names }
      // Which of several it was is not kept.
      return { words: names.length === 1 ? 'by the business’s pattern' : 'by the business’s patterns', names }
    }
    case 'llm': {
      const verdict = deciding(detail, task)
      return verdict === undefined
        ? { words: 'by a language model', names: [] }
        : { words: 'by the language model', names: [verdict.author] }
    }
    case 'person': {
      const verdict = deciding(detail, task)
      if (verdict === undefined) return { words: 'decided by a person', names: [] }
      const words = verdict.before[task] === verdict[task] ? 'confirmed by' : 'corrected by'
      return { words, names: [verdict.author] }
    }
  }
}

/** The verdict a label stands by: of the judge who decided it the last one that says so. */
function deciding({ judged, message, verdicts }: MessageDetail, task: Task): Verdict | undefined {
  return verdicts.findLast((verdict) => verdict.judge === judged[task].by && verdict[task] === message[task])
}

function alone({ judged, message }: MessageDetail, task: Task): string | null {
  const { base } = judged[task]
  if (base === null) return null
  if (base === 'none') return 'the text alone says nothing'
  const said = base === message[task] ? 'the same' : labelOf(task, base).name
  const share = task === 'language' ? null : judged[task].base_confidence
  return `the text alone says ${said}${share === null ? '' : ` (${Math.round(share * 100)}\u00a0%)`}`
}

export interface Change {
  task: Task
  before: string
  after: string
}

/** What a verdict says of which label, in the order in which labels are shown. */
export function changesOf(verdict: Verdict): Change[] {
  return tasks.flatMap((task) => {
    const after = verdict[task]
    return after === null ? [] : [{ task, before: verdict.before[task], after }]
  })
}

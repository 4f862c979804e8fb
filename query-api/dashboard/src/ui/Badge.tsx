import { labelOf, type VocabularyName } from '../logic/labels'
import styles from './Badge.module.css'

interface Props {
  vocabulary: VocabularyName
  label: string
  /** Probability 0 to 1; said in the title, and the badge is faded when it is low. */
  confidence?: number
  /** Labels that ask for nothing (low, neutral, other) step back, and `none` is left out. */
  quiet?: boolean
}

const unremarkable = new Set(['low', 'neutral', 'other', 'none'])

/** A label of the analysis in its one colour. */
export function Badge({ vocabulary, label, confidence, quiet = false }: Props) {
  if (quiet && label === 'none') return <span />
  const { name, tone } = labelOf(vocabulary, label)
  const unsure = confidence !== undefined && confidence < 0.5 && label !== 'none'
  const title =
    confidence === undefined || label === 'none'
      ? undefined
      : `${name}: ${Math.round(confidence * 100)} % confident`
  const plain = quiet && unremarkable.has(label)
  const look = plain ? styles.plain : unsure ? styles.unsure : ''
  return (
    <span className={`${styles.badge} ${styles[tone]} ${look}`} data-plain={plain || undefined} title={title}>
      {name}
    </span>
  )
}

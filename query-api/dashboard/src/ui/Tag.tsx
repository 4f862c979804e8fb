import styles from './Badge.module.css'
import type { Tone } from '../logic/labels'

/** A word in a colour, as a badge, for what is not a label of the analysis. */
export function Tag({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`${styles.badge} ${styles[tone]}`}>{children}</span>
}

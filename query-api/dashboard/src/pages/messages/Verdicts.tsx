import styles from './Verdicts.module.css'
import type { Verdict } from '../../api/types'
import { dateTime } from '../../logic/format'
import { changesOf, taskNames } from '../../logic/judged'
import { labelOf } from '../../logic/labels'
import { Badge } from '../../ui/Badge'

/** What people, and language models that were asked, said of the message, oldest first; nothing where nobody did. */
export function Verdicts({ verdicts }: { verdicts: readonly Verdict[] }) {
  if (verdicts.length === 0) return null
  return (
    <section aria-label="Verdicts">
      <h3 className={styles.title}>Verdicts</h3>
      <ol className={styles.list}>
        {verdicts.map((verdict) => (
          <li key={`${verdict.judge} ${verdict.author} ${verdict.given_at}`}>
            <p className={styles.head}>
              <bdi className={styles.author}>{verdict.author}</bdi>
              <time className={styles.faint} dateTime={verdict.given_at}>
                {dateTime(new Date(verdict.given_at))}
              </time>
            </p>
            {verdict.judge === 'llm' && (
              <p className={styles.faint}>
                language model, {Math.round(verdict.confidence * 100)} % confident
              </p>
            )}
            <ul className={styles.changes}>
              {changesOf(verdict).map(({ task, before, after }) => (
                <li key={task}>
                  <span className={styles.task}>{taskNames[task]}</span>
                  <span className={styles.change}>
                    {before !== after && (
                      <>
                        <span>{labelOf(task, before).name}</span>
                        <span aria-hidden="true">→</span>
                        <span className="visually-hidden">to</span>
                      </>
                    )}
                    <Badge vocabulary={task} label={after} />
                    {before === after && <span>as before</span>}
                  </span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  )
}

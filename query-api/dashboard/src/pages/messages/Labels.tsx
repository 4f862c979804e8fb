import styles from './Labels.module.css'
import type { MessageDetail } from '../../api/types'
import { labelOf, toneColour } from '../../logic/labels'
import { Badge } from '../../ui/Badge'

const rows = [
  { vocabulary: 'urgency', name: 'Urgency', confidence: 'urgency_confidence' },
  { vocabulary: 'sentiment', name: 'Sentiment', confidence: 'sentiment_confidence' },
  { vocabulary: 'intent', name: 'Intent', confidence: 'intent_confidence' },
  { vocabulary: 'language', name: 'Language', confidence: 'language_confidence' },
] as const

/** What the analysis said, how sure it was, why, and who it was. */
export function Labels({ detail: { message, signals } }: { detail: MessageDetail }) {
  return (
    <section aria-label="Analysis">
      <h3 className={styles.title}>
        Analysis <span className={styles.analyser}>by {message.analyser}</span>
      </h3>
      <ul className={styles.list}>
        {rows.map(({ vocabulary, name, confidence }) => {
          const label = message[vocabulary]
          const share = message[confidence]
          const why = signals.filter((signal) => signal.task === vocabulary)
          return (
            <li key={vocabulary} className={styles.row}>
              <span className={styles.name}>{name}</span>
              <Badge vocabulary={vocabulary} label={label} confidence={share} />
              <span className={styles.track} aria-hidden="true">
                {label !== 'none' && (
                  <span
                    style={{
                      width: `${share * 100}%`,
                      background: toneColour(labelOf(vocabulary, label).tone),
                    }}
                  />
                )}
              </span>
              <span className={styles.share}>
                {label !== 'none' && (
                  <>
                    {Math.round(share * 100)} %<span className="visually-hidden"> confident</span>
                  </>
                )}
              </span>
              {why.length > 0 && (
                <span className={styles.why}>
                  because of{' '}
                  {why.map(({ text, weight }) => (
                    <bdi
                      key={text}
                      className={styles.signal}
                      title={`${Math.round(weight * 100)} % of what spoke for it`}
                    >
                      {text}
                    </bdi>
                  ))}
                </span>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

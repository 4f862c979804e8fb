import styles from './Labels.module.css'
import type { MessageDetail } from '../../api/types'
import { decisionOf, taskNames, tasks, type Decision, type Task } from '../../logic/judged'
import { labelOf, toneColour } from '../../logic/labels'
import { Badge } from '../../ui/Badge'

/** What the analysis said, how sure it was, why, who it was, and who knew better. */
export function Labels({ detail }: { detail: MessageDetail }) {
  return (
    <section aria-label="Analysis">
      <h3 className={styles.title}>
        Analysis <span className={styles.analyser}>by {detail.message.analyser}</span>
      </h3>
      <ul className={styles.list}>
        {tasks.map((task) => (
          <Label key={task} detail={detail} task={task} />
        ))}
        <Names name="Own intents" values={detail.custom_intents} />
        <Names name="Patterns" values={detail.patterns} />
      </ul>
    </section>
  )
}

function Label({ detail, task }: { detail: MessageDetail; task: Task }) {
  const { message, signals } = detail
  const label = message[task]
  const share = message[`${task}_confidence`]
  const decision = decisionOf(detail, task)
  // The words spoke for what the text alone says: where that was not kept, nobody knows for which label.
  const why = decision?.alone === null ? [] : signals.filter((signal) => signal.task === task)
  const words = why.length > 0 && (
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
  )
  return (
    <li className={styles.row}>
      <span className={styles.name}>{taskNames[task]}</span>
      <Badge vocabulary={task} label={label} confidence={share} />
      <span className={styles.track} aria-hidden="true">
        {label !== 'none' && (
          <span
            style={{
              width: `${share * 100}%`,
              background: toneColour(labelOf(task, label).tone),
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
      {/* Words explain what stands before them. */}
      {decision?.by === null && words}
      {decision !== null && <Decided decision={decision} />}
      {decision?.by !== null && words}
    </li>
  )
}

/** Who decided a label, and what the text alone says. */
function Decided({ decision: { by, alone } }: { decision: Decision }) {
  return (
    <span className={styles.decided}>
      {by !== null && (
        <>
          {by.words}
          {by.names.map((name, index) => (
            <span key={name}>
              {index === 0 ? ' ' : ', '}
              <bdi className={styles.who}>{name}</bdi>
            </span>
          ))}
          {alone !== null && '; '}
        </>
      )}
      {alone}
    </span>
  )
}

/** What the business itself calls it; nothing where it says nothing. */
function Names({ name, values }: { name: string; values: readonly string[] }) {
  if (values.length === 0) return null
  return (
    <li className={styles.row}>
      <span className={styles.name}>{name}</span>
      <span className={styles.why}>
        {values.map((value) => (
          <bdi key={value} className={styles.signal}>
            {value}
          </bdi>
        ))}
      </span>
    </li>
  )
}

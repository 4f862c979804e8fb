import styles from './DeliveryPanel.module.css'
import type { StatusCount } from '../../api/types'
import { compact, percent } from '../../logic/format'
import { delivery, tried as triedOf } from '../../logic/headline'
import { Delta } from '../../ui/Delta'
import { Panel } from '../../ui/Panel'
import { Empty } from '../../ui/State'

interface Props {
  statuses: readonly StatusCount[]
  className: string | undefined
}

/** How far outbound messages came. */
export function DeliveryPanel({ statuses, className }: Props) {
  const now = delivery(statuses, 'current')
  const before = delivery(statuses, 'previous')
  const stages = [
    { name: 'Sent', value: now.sent, previous: before.sent, more: 'neutral', colour: 'var(--tone-slate)' },
    {
      name: 'Delivered',
      value: now.delivered,
      previous: before.delivered,
      more: 'good',
      colour: 'var(--tone-teal)',
    },
    { name: 'Read', value: now.read, previous: before.read, more: 'good', colour: 'var(--tone-green)' },
    { name: 'Failed', value: now.failed, previous: before.failed, more: 'bad', colour: 'var(--tone-red)' },
  ] as const
  const tried = triedOf(now)
  const triedBefore = triedOf(before)
  // What is sent is a number; how far it comes is a share of it, which does not fall on a quiet day.
  const compared = ({ name, value, previous }: { name: string; value: number; previous: number }) => {
    const past = triedBefore === 0 ? null : previous
    if (name === 'Sent') return { current: value, previous: past }
    return { current: value / Math.max(1, tried), previous: past === null ? null : past / triedBefore }
  }
  return (
    <Panel title="Delivery" hint="messages out" className={className}>
      {tried === 0 ? (
        <Empty title="No delivery statuses in this range">
          WhatsApp reports them for messages that the business sends.
        </Empty>
      ) : (
        <>
          <ul className={styles.stages}>
            {stages.map((stage) => (
              <li key={stage.name} className={styles.stage}>
                <span className={styles.words}>
                  <span className={styles.name}>{stage.name}</span>
                  <span className={styles.value}>{compact(stage.value)}</span>
                  <span className={styles.share}>{percent(stage.value / tried)}</span>
                  <Delta {...compared(stage)} more={stage.more} share={stage.name !== 'Sent'} />
                </span>
                <span className={styles.track} aria-hidden="true">
                  <span
                    className={styles.bar}
                    style={{ width: `${(stage.value / tried) * 100}%`, background: stage.colour }}
                  />
                </span>
              </li>
            ))}
          </ul>
          <p className={styles.note}>
            Read counts as delivered, played as read: WhatsApp leaves out what a later status implies.
          </p>
        </>
      )}
    </Panel>
  )
}

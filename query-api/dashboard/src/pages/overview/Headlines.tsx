import styles from './Headlines.module.css'
import type { Headline, Overview } from '../../api/types'
import { Link } from '../../app/Link'
import { Sparkline } from '../../charts/Sparkline'
import { compact, count, percent } from '../../logic/format'
import { analysed, delivery, failedShare, pressing, tried, unhappyShare } from '../../logic/headline'
import type { RangeName } from '../../logic/range'
import { Delta } from '../../ui/Delta'

interface Props {
  overview: Overview
  range: RangeName
}

interface Card {
  name: string
  hint: string
  current: number
  /** Null when the period before gives nothing to compare with. */
  previous: number | null
  more: 'good' | 'bad' | 'neutral'
  share?: boolean
  to?: string
  spark?: number[]
}

/** The numbers of the range beside those of the equally long range before it. */
export function Headlines({ overview, range }: Props) {
  const { current, previous, series, statuses } = overview
  const silentBefore = previous.inbound.messages + previous.outbound.messages === 0
  const both = (of: (headline: Headline) => number) => ({
    current: of(current),
    previous: silentBefore ? null : of(previous),
  })
  const sent = delivery(statuses, 'current')
  const sentBefore = delivery(statuses, 'previous')
  const cards: Card[] = [
    {
      name: 'Messages in',
      hint: 'Messages from customers',
      ...both((headline) => headline.inbound.messages),
      more: 'neutral',
      to: `/messages?range=${range}&direction=inbound`,
      spark: series.map((point) => point.inbound),
    },
    {
      name: 'Customers writing',
      hint: 'Different customers who wrote',
      ...both((headline) => headline.contacts),
      more: 'neutral',
      to: '/contacts',
    },
    {
      name: 'Urgent or critical',
      hint: 'Messages from customers that cannot wait',
      ...both((headline) => pressing(headline.inbound)),
      more: 'bad',
      to: `/messages?range=${range}&direction=inbound&urgency=critical&urgency=urgent`,
    },
    {
      name: 'Unhappy',
      hint: 'Negative, frustrated or angry, of the messages with something to analyse',
      current: unhappyShare(current.inbound),
      previous: analysed(previous.inbound) === 0 ? null : unhappyShare(previous.inbound),
      more: 'bad',
      share: true,
      to: `/messages?range=${range}&direction=inbound&sentiment=angry&sentiment=frustrated&sentiment=negative`,
    },
    {
      name: 'Messages out',
      hint: 'Messages from the business, phone app included',
      ...both((headline) => headline.outbound.messages),
      more: 'neutral',
      to: `/messages?range=${range}&direction=outbound`,
      spark: series.map((point) => point.outbound),
    },
    {
      name: 'Failed to deliver',
      hint: `${count(sent.failed)} of ${count(tried(sent))} sent messages failed`,
      current: failedShare(sent),
      previous: tried(sentBefore) === 0 ? null : failedShare(sentBefore),
      more: 'bad',
      share: true,
    },
  ]
  return (
    <section className={styles.cards} aria-label="Headline numbers">
      {cards.map((card) => (
        <HeadlineCard key={card.name} {...card} />
      ))}
    </section>
  )
}

function HeadlineCard({ name, hint, current, previous, more, share = false, to, spark }: Card) {
  const write = share ? percent : compact
  const inner = (
    <>
      <span className={styles.name}>{name}</span>
      <span className={styles.value} data-testid={`headline-${name}`}>
        {write(current)}
      </span>
      <span className={styles.compare}>
        <Delta current={current} previous={previous} more={more} share={share} />
        <span className={styles.before}>
          {previous === null ? 'no earlier data' : `from ${write(previous)}`}
        </span>
      </span>
      {spark !== undefined && (
        <span className={styles.spark}>
          <Sparkline values={spark} />
        </span>
      )}
    </>
  )
  return to === undefined ? (
    <div className={styles.card} title={hint}>
      {inner}
    </div>
  ) : (
    <Link to={to} className={styles.card} title={hint}>
      {inner}
    </Link>
  )
}

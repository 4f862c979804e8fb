import { useEffect } from 'react'

import { DeliveryPanel } from './DeliveryPanel'
import { Headlines } from './Headlines'
import { LabelSeriesPanel } from './LabelSeriesPanel'
import { LabelsPanel } from './LabelsPanel'
import styles from './OverviewPage.module.css'
import { UrgentPanel } from './UrgentPanel'
import { VolumePanel } from './VolumePanel'
import { get } from '../../api/client'
import { useAnswer } from '../../api/useAnswer'
import { useRenewal } from '../../api/useLive'
import { useLocation, useSetQuery } from '../../app/router'
import { boundsOf, MINUTE, rangeOptions, readRange, stepOf } from '../../logic/range'
import { IntegrationChoice } from '../../ui/IntegrationChoice'
import { PageHead } from '../../ui/PageHead'
import { Segmented } from '../../ui/Segmented'
import { Empty, Failure, Skeleton, Stale } from '../../ui/State'

/** The range ends now: quiet or not, it moves on this often. */
const SLIDE_MS = MINUTE

export default function OverviewPage() {
  const { query } = useLocation()
  const setQuery = useSetQuery()
  const range = readRange(query.get('range'))
  const integration = query.get('integration') ?? ''
  const only = integration === '' ? {} : { integration: [integration] }

  const { data, error, loading, outdated, refetch } = useAnswer(`${range} ${integration}`, async (signal) => {
    const asked = { ...boundsOf(range, new Date()), step: stepOf(range), ...only }
    const inbound = { ...asked, direction: 'inbound' as const }
    const [overview, sentiment, urgency] = await Promise.all([
      get('/v1/overview', asked, signal),
      get('/v1/metrics', { ...inbound, group_by: 'sentiment' }, signal),
      get('/v1/metrics', { ...inbound, group_by: 'urgency' }, signal),
    ])
    return { overview, sentiment, urgency }
  })
  useRenewal(refetch)
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) refetch()
    }, SLIDE_MS)
    return () => {
      clearInterval(timer)
    }
  }, [refetch])

  const overview = data?.overview
  const silent =
    overview !== undefined && overview.current.inbound.messages + overview.current.outbound.messages === 0

  return (
    <>
      <PageHead title="Overview">
        <IntegrationChoice
          value={integration}
          onChange={(value) => {
            setQuery({ integration: value })
          }}
        />
        <Segmented
          label="Range"
          value={range}
          options={rangeOptions}
          onChange={(value) => {
            setQuery({ range: value })
          }}
        />
      </PageHead>
      {error !== undefined && data !== undefined && <Stale error={error} retry={refetch} />}
      {error !== undefined && data === undefined && !loading && <Failure error={error} retry={refetch} />}
      {data === undefined && (error === undefined || loading) && <Skeleton lines={6} tall />}
      {data !== undefined && overview !== undefined && (
        <div className={styles.grid} data-outdated={outdated} aria-busy={outdated}>
          <Headlines overview={overview} range={range} />
          {silent && overview.watermark === null && (
            <div className={styles.wide}>
              <Empty title="Nothing has arrived yet">
                As soon as WhatsApp sends a webhook to this installation, its messages show here.
              </Empty>
            </div>
          )}
          <VolumePanel overview={overview} className={styles.volume} />
          <UrgentPanel messages={overview.urgent} className={styles.urgent} />
          <LabelSeriesPanel
            title="Sentiment"
            vocabulary="sentiment"
            metrics={data.sentiment}
            className={styles.half}
          />
          <LabelSeriesPanel
            title="Urgency"
            vocabulary="urgency"
            metrics={data.urgency}
            className={styles.half}
          />
          <LabelsPanel
            title="Intent"
            vocabulary="intent"
            current={overview.current.inbound.by_intent}
            previous={overview.previous.inbound.by_intent}
            range={range}
            className={styles.third}
          />
          <LabelsPanel
            title="Language"
            vocabulary="language"
            current={overview.current.inbound.by_language}
            previous={overview.previous.inbound.by_language}
            range={range}
            className={styles.third}
          />
          <DeliveryPanel statuses={overview.statuses} className={styles.third} />
        </div>
      )}
    </>
  )
}

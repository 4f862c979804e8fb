import styles from './AnalyticsPage.module.css'
import { get } from '../../api/client'
import { useAnswer } from '../../api/useAnswer'
import { useRenewal } from '../../api/useLive'
import { useLocation, useSetQuery } from '../../app/router'
import { BarList } from '../../charts/BarList'
import { Legend } from '../../charts/Legend'
import { TimeSeries } from '../../charts/TimeSeries'
import { groupings, metricsQuery, namedSeries, readQuestion } from '../../logic/analytics'
import { count } from '../../logic/format'
import { rangeOptions, stepsFor } from '../../logic/range'
import { Choice } from '../../ui/Choice'
import { IntegrationChoice } from '../../ui/IntegrationChoice'
import { PageHead } from '../../ui/PageHead'
import { Panel } from '../../ui/Panel'
import { Segmented } from '../../ui/Segmented'
import { Empty, Failure, Skeleton, Stale } from '../../ui/State'

const directions = [
  { value: 'inbound', label: 'In' },
  { value: 'outbound', label: 'Out' },
  { value: 'all', label: 'Both' },
] as const

const shapes = [
  { value: 'bars', label: 'Stacked' },
  { value: 'lines', label: 'Lines' },
  { value: 'share', label: 'Share' },
] as const

const stepNames = { '1m': 'By minute', '1h': 'By hour', '1d': 'By day (UTC)' } as const

export default function AnalyticsPage() {
  const { query } = useLocation()
  const setQuery = useSetQuery()
  const question = readQuestion(query)
  const { data, error, loading, outdated, refetch } = useAnswer(
    JSON.stringify({ ...question, shape: '' }),
    (signal) => get('/v1/metrics', metricsQuery(question, new Date()), signal),
  )
  useRenewal(refetch)
  const series = data === undefined ? [] : namedSeries(data)
  const total = series.reduce((sum, one) => sum + one.total, 0)

  return (
    <>
      <PageHead title="Analytics">
        <Segmented
          label="Range"
          value={question.range}
          options={rangeOptions}
          onChange={(range) => {
            setQuery({ range, step: null })
          }}
        />
      </PageHead>
      <div className={styles.controls} role="group" aria-label="What to count">
        <div className={styles.field}>
          <span aria-hidden="true">Group by</span>
          <Choice
            label="Group by"
            value={question.groupBy}
            options={groupings}
            onChange={(value) => {
              setQuery({ group_by: value === '' ? 'nothing' : value })
            }}
          />
        </div>
        <Choice
          label="Step"
          value={question.step}
          options={stepsFor(question.range).map((step) => ({ value: step, label: stepNames[step] }))}
          onChange={(step) => {
            setQuery({ step })
          }}
        />
        <IntegrationChoice
          value={question.integration}
          onChange={(integration) => {
            setQuery({ integration })
          }}
        />
        <Segmented
          label="Direction"
          value={question.direction === '' ? 'all' : question.direction}
          options={directions}
          onChange={(direction) => {
            setQuery({ direction })
          }}
        />
        <Segmented
          label="Form"
          value={question.shape}
          options={shapes}
          onChange={(shape) => {
            setQuery({ shape })
          }}
        />
      </div>
      {error !== undefined && data !== undefined && <Stale error={error} retry={refetch} />}
      {error !== undefined && data === undefined && !loading && <Failure error={error} retry={refetch} />}
      {data === undefined && (error === undefined || loading) && <Skeleton lines={6} tall />}
      {data !== undefined && (
        <div className={styles.panels} data-outdated={outdated}>
          <Panel title="Messages over time" hint={`${count(total)} in all`}>
            {series.length === 0 ? (
              <Empty title="No messages in this range" />
            ) : (
              <>
                <Legend items={series.map(({ key, name, colour }) => ({ key, name, colour }))} />
                <TimeSeries
                  label={`Messages over time: ${series.map((one) => `${one.name} ${one.total}`).join(', ')}`}
                  at={data.at}
                  from={data.range.from}
                  step={data.step}
                  lastOpen={data.last_bucket_open}
                  series={series}
                  shape={question.shape}
                  height={360}
                />
              </>
            )}
          </Panel>
          {series.length > 0 && (
            <Panel title="In the whole range">
              <BarList
                total={total}
                items={[...series]
                  .sort((a, b) => b.total - a.total)
                  .map((one) => ({ key: one.key, name: one.name, colour: one.colour, value: one.total }))}
              />
            </Panel>
          )}
        </div>
      )}
    </>
  )
}

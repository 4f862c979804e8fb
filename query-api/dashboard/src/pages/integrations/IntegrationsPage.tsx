import styles from './IntegrationsPage.module.css'
import { get } from '../../api/client'
import { useAnswer } from '../../api/useAnswer'
import { useRenewal } from '../../api/useLive'
import { Link } from '../../app/Link'
import { useLocation, useSetQuery } from '../../app/router'
import { Sparkline } from '../../charts/Sparkline'
import { ago, count, dateTime, percent } from '../../logic/format'
import { boundsOf, rangeOptions, readRange, stepOf } from '../../logic/range'
import { PageHead } from '../../ui/PageHead'
import { Panel } from '../../ui/Panel'
import { Segmented } from '../../ui/Segmented'
import { Empty, Failure, Skeleton, Stale } from '../../ui/State'
import { useNow } from '../../ui/useNow'

export default function IntegrationsPage() {
  const { query } = useLocation()
  const setQuery = useSetQuery()
  const now = useNow()
  const range = readRange(query.get('range'), '7d')
  const { data, error, loading, outdated, refetch } = useAnswer(range, async (signal) => {
    const bounds = boundsOf(range, new Date())
    const [list, metrics] = await Promise.all([
      get('/v1/integrations', bounds, signal),
      get('/v1/metrics', { ...bounds, step: stepOf(range), group_by: 'integration' }, signal),
    ])
    return { list: list.integrations, series: new Map(metrics.series.map((one) => [one.label, one.values])) }
  })
  useRenewal(refetch)
  const total = data?.list.reduce((sum, one) => sum + one.inbound + one.outbound, 0) ?? 0

  return (
    <>
      <PageHead title="Integrations">
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
      {data?.list.length === 0 && (
        <Empty title="No numbers yet">A number shows here with the first message it sends or receives.</Empty>
      )}
      {data !== undefined && data.list.length > 0 && (
        <Panel title="WhatsApp numbers" hint="seen in messages, busiest first" flush>
          <table className={styles.table} data-outdated={outdated}>
            <thead>
              <tr>
                <th scope="col">Number id</th>
                <th scope="col" className={styles.wide}>
                  Account
                </th>
                <th scope="col" className={styles.trend}>
                  Messages
                </th>
                <th scope="col" className={styles.number}>
                  In
                </th>
                <th scope="col" className={styles.number}>
                  Out
                </th>
                <th scope="col" className={`${styles.number} ${styles.wide}`}>
                  Share
                </th>
                <th scope="col" className={styles.number}>
                  Last message
                </th>
              </tr>
            </thead>
            <tbody>
              {data.list.map((one) => (
                <tr key={one.phone_number_id}>
                  <th scope="row">
                    <Link to={`/messages?integration=${encodeURIComponent(one.phone_number_id)}`}>
                      {one.phone_number_id}
                    </Link>
                  </th>
                  <td className={`${styles.account} ${styles.wide}`}>{one.waba_id ?? ''}</td>
                  <td className={styles.trend}>
                    <Sparkline values={data.series.get(one.phone_number_id) ?? []} />
                  </td>
                  <td className={styles.number}>{count(one.inbound)}</td>
                  <td className={styles.number}>{count(one.outbound)}</td>
                  <td className={`${styles.number} ${styles.wide}`}>
                    {total === 0 ? '' : percent((one.inbound + one.outbound) / total)}
                  </td>
                  <td className={`${styles.number} ${styles.faint}`}>
                    {one.last_message_at !== null && (
                      <time dateTime={one.last_message_at} title={dateTime(new Date(one.last_message_at))}>
                        {ago(new Date(one.last_message_at), now)}
                      </time>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
    </>
  )
}

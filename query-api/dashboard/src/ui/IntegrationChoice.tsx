import { get } from '../api/client'
import { useAnswer } from '../api/useAnswer'
import { Choice } from './Choice'

interface Props {
  value: string
  onChange: (value: string) => void
}

/** One of the business's numbers, or all. Without the list (it failed) the choice made still stands. */
export function IntegrationChoice({ value, onChange }: Props) {
  const { data } = useAnswer('integrations', (signal) => get('/v1/integrations', {}, signal))
  const options = (data?.integrations ?? []).map(({ phone_number_id: id }) => ({ value: id, label: id }))
  return (
    <Choice label="Integration" any="All integrations" value={value} options={options} onChange={onChange} />
  )
}

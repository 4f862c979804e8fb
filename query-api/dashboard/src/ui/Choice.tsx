import styles from './Choice.module.css'

interface Props {
  label: string
  value: string
  /** The words for no choice. */
  any?: string
  options: readonly { value: string; label: string }[]
  onChange: (value: string) => void
}

/** One of many: the platform's own list, which every keyboard and screen reader knows. */
export function Choice({ label, value, any, options, onChange }: Props) {
  const foreign = value !== '' && !options.some((option) => option.value === value)
  return (
    <label className={`${styles.choice} ${value !== '' && any !== undefined ? styles.set : ''}`}>
      <span className="visually-hidden">{label}</span>
      <select
        className={styles.select}
        value={value}
        onChange={(event) => {
          onChange(event.target.value)
        }}
      >
        {any !== undefined && <option value="">{any}</option>}
        {foreign && <option value={value}>{value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  )
}

import { useCallback, useId, useRef, useState } from 'react'

import styles from './MultiChoice.module.css'
import { useDismiss } from './useDismiss'

interface Props {
  label: string
  values: readonly string[]
  options: readonly { value: string; label: string; colour?: string }[]
  onChange: (values: string[]) => void
}

/** Any of many: a button that opens boxes to tick. */
export function MultiChoice({ label, values, options, onChange }: Props) {
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const id = useId()
  const close = useCallback(() => {
    setOpen(false)
    if (root.current?.contains(document.activeElement) === true) button.current?.focus()
  }, [])
  useDismiss(open, root, close)

  const chosen = options.filter((option) => values.includes(option.value))
  const first = chosen[0]
  const words = first === undefined ? label : chosen.length === 1 ? first.label : `${label}: ${chosen.length}`
  return (
    <div className={styles.root} ref={root}>
      <button
        ref={button}
        type="button"
        className={styles.button}
        data-set={chosen.length > 0}
        aria-expanded={open}
        aria-controls={id}
        aria-label={chosen.length === 0 ? label : `${label}: ${chosen.map((one) => one.label).join(', ')}`}
        onClick={() => {
          setOpen(!open)
        }}
      >
        {words}
      </button>
      {open && (
        <fieldset id={id} className={styles.panel}>
          <legend className={styles.legend}>{label}</legend>
          {options.map((option) => (
            <label key={option.value} className={styles.option}>
              <input
                type="checkbox"
                checked={values.includes(option.value)}
                onChange={(event) => {
                  onChange(
                    event.target.checked
                      ? [...values, option.value]
                      : values.filter((value) => value !== option.value),
                  )
                }}
              />
              {option.colour !== undefined && (
                <span className={styles.dot} aria-hidden="true" style={{ background: option.colour }} />
              )}
              {option.label}
            </label>
          ))}
          {chosen.length > 0 && (
            <button
              type="button"
              className={styles.none}
              onClick={() => {
                onChange([])
                close()
              }}
            >
              Clear
            </button>
          )}
        </fieldset>
      )}
    </div>
  )
}

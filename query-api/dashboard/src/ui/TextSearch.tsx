import { useEffect, useRef, useState } from 'react'

import { Icon } from './Icon'
import styles from './TextSearch.module.css'

interface Props {
  label: string
  placeholder: string
  value: string
  onChange: (value: string) => void
}

/** The question is put when the typing pauses. */
const TYPING_MS = 250
/** The API's bound. */
const LONGEST = 200

export function TextSearch({ label, placeholder, value, onChange }: Props) {
  const [text, setText] = useState(value)
  const [told, setTold] = useState(value)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  // The value changed by another way (back, clear): the box follows.
  if (told !== value) {
    setTold(value)
    setText(value)
  }
  useEffect(
    () => () => {
      clearTimeout(timer.current)
    },
    [],
  )
  return (
    <label className={styles.search}>
      <span className="visually-hidden">{label}</span>
      <Icon name="search" size={14} />
      <input
        type="search"
        name="q"
        value={text}
        maxLength={LONGEST}
        placeholder={placeholder}
        autoComplete="off"
        onChange={(event) => {
          const next = event.target.value
          setText(next)
          clearTimeout(timer.current)
          timer.current = setTimeout(() => {
            onChange(next)
          }, TYPING_MS)
        }}
      />
    </label>
  )
}

import styles from './Icon.module.css'

/** Line icons on a 16-pixel grid, drawn here so that nothing is fetched. */
const paths = {
  overview: 'M2.5 13.5h11M4 11V7.5M8 11V3M12 11V5.5',
  integrations: 'M5.5 2.5v3M10.5 2.5v3M3.5 5.5h9v2a4.5 4.5 0 0 1-9 0zM8 12v2',
  contacts: 'M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 13.5c.4-2.6 2.4-4 5-4s4.6 1.4 5 4',
  messages:
    'M3.5 3h9A1.5 1.5 0 0 1 14 4.5v5a1.5 1.5 0 0 1-1.5 1.5H8l-3.5 2.75V11h-1A1.5 1.5 0 0 1 2 9.5v-5A1.5 1.5 0 0 1 3.5 3Z',
  templates: 'M3 2.5h10v4H3zM3 9.5h4.5v4H3zM10.5 9.5H13v4h-2.5z',
  analytics: 'M2 12.5 6 8l3 2.5L14 4M10.5 4H14v3.5',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5 14 14',
  close: 'm4 4 8 8M12 4l-8 8',
  in: 'M12 4 4.5 11.5M4.5 5.5v6h6',
  out: 'M4 12l7.5-7.5M11.5 10.5v-6h-6',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  image: 'M2.5 3h11v10h-11zM2.5 11 6 7.5l3 3 1.5-1.5 3 3M10.5 6.5h.01',
  video: 'M2.5 4h7.5v8H2.5zM10 7l3.5-2v6L10 9',
  document: 'M4 2h5l3 3v9H4zM9 2v3h3M6 8.5h4M6 11h4',
  audio: 'M8 2.5v7M5.5 4.5a2.5 2.5 0 0 1 5 0v3a2.5 2.5 0 0 1-5 0zM3.5 8a4.5 4.5 0 0 0 9 0M8 12.5v1.5',
  sticker: 'M3 3h10v6l-4 4H3zM13 9H9v4M6 6.5h.01M10 6.5h.01',
  location:
    'M8 14s4.5-4 4.5-7.5a4.5 4.5 0 0 0-9 0C3.5 10 8 14 8 14ZM8 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z',
  card: 'M2.5 3.5h11v9h-11zM6 8.5a1.25 1.25 0 1 0 0-2.5 1.25 1.25 0 0 0 0 2.5ZM4 11c.3-1 1-1.5 2-1.5s1.7.5 2 1.5M10 7h2M10 9.5h2',
  tap: 'M3 5.5h10v5H3zM6 8h4',
  order: 'M2 3h1.5l1.5 7h7l1.5-5H4.2M6 13h.01M11 13h.01',
  reaction: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM5.5 9.5a3 3 0 0 0 5 0M6 6.5h.01M10 6.5h.01',
  notice: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.5v3.5M8 5h.01',
  warning: 'M8 2.5 14 13H2zM8 6.5v3M8 11.25h.01',
  edit: 'm3 13 .7-3L11 2.7 13.3 5 6 12.3z',
  revoke: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5 5 13.5h6l.5-9',
  hand: 'M8 2.5v11M4 6.5 8 2.5l4 4',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  retry: 'M13 8a5 5 0 1 1-1.5-3.5M13 2.5v3h-3',
} as const

export type IconName = keyof typeof paths

interface Props {
  name: IconName
  /** Said by screen readers; without it the icon is decoration. */
  label?: string
  size?: number
}

export function Icon({ name, label, size = 16 }: Props) {
  return (
    <svg
      className={styles.icon}
      viewBox="0 0 16 16"
      width={size}
      height={size}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      <path d={paths[name]} />
    </svg>
  )
}

import type { AnchorHTMLAttributes } from 'react'

import { isPlainClick, navigate } from './router'

interface Props extends AnchorHTMLAttributes<HTMLAnchorElement> {
  to: string
}

/** A real link, so that it can be opened in a new tab; a plain click stays on the page. */
export function Link({ to, onClick, children, ...rest }: Props) {
  return (
    <a
      href={to}
      onClick={(event) => {
        onClick?.(event)
        if (event.defaultPrevented || !isPlainClick(event)) return
        event.preventDefault()
        navigate(to)
      }}
      {...rest}
    >
      {children}
    </a>
  )
}

import { Component, type ReactNode } from 'react'

import { Failure } from '../ui/State'

interface State {
  error: unknown
}

/** A fault in one page leaves the frame standing and says so. */
export class Boundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined }

  static getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override render() {
    if (this.state.error === undefined) return this.props.children
    return (
      <Failure
        error={this.state.error}
        retry={() => {
          window.location.reload()
        }}
      />
    )
  }
}

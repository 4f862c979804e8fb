/** Where the bars of a stacked chart stand, drawn as one path a series: a thousand buckets cost ten elements. */

export interface Stack {
  key: string
  colour: string
  values: readonly number[]
}

export interface StackPath {
  key: string
  colour: string
  /** Bars of whole buckets. */
  whole: string
  /** Bars of buckets counted in part. */
  partial: string
}

export interface Placement {
  /** Pixel of the left and right edge of a bucket. */
  left: (bucket: number) => number
  right: (bucket: number) => number
  /** Pixel of a count. */
  top: (value: number) => number
}

/** Share of a bucket's width that stays empty, and the most pixels of it. */
const GAP = 0.22
const WIDEST_GAP = 8

/** The first series stands at the bottom. */
export function stackPaths(
  stacks: readonly Stack[],
  partial: ReadonlySet<number>,
  place: Placement,
): StackPath[] {
  const below: number[] = []
  return stacks.map(({ key, colour, values }) => {
    const paths = { whole: '', partial: '' }
    values.forEach((value, bucket) => {
      const base = below[bucket] ?? 0
      below[bucket] = base + value
      if (value === 0) return
      const width = place.right(bucket) - place.left(bucket)
      const gap = Math.min(WIDEST_GAP, width * GAP)
      const left = (place.left(bucket) + gap / 2).toFixed(1)
      const right = (place.right(bucket) - gap / 2).toFixed(1)
      const bar = `M${left} ${place.top(base).toFixed(1)}V${place.top(base + value).toFixed(1)}H${right}V${place.top(base).toFixed(1)}Z`
      if (partial.has(bucket)) paths.partial += bar
      else paths.whole += bar
    })
    return { key, colour, ...paths }
  })
}

/** An SVG path through the values, the largest at the top; a flat line at the bottom when all are zero. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  if (values.length === 0) return ''
  const most = Math.max(...values, 1)
  const step = values.length === 1 ? 0 : width / (values.length - 1)
  const pad = 1.5
  return values
    .map((value, index) => {
      const x = (index * step).toFixed(1)
      const y = (height - pad - (value / most) * (height - 2 * pad)).toFixed(1)
      return `${index === 0 ? 'M' : 'L'}${x} ${y}`
    })
    .join('')
}

import { expect, test } from 'vitest'

import { sparkPath } from './spark'
import { stackPaths } from './stack'

const place = {
  left: (bucket: number) => bucket * 10,
  right: (bucket: number) => bucket * 10 + 10,
  top: (n: number) => 100 - n,
}

test('bars stand on each other, zeros draw nothing, partial buckets are apart', () => {
  const stacks = [
    { key: 'a', colour: 'red', values: [10, 0, 5] },
    { key: 'b', colour: 'blue', values: [20, 7, 5] },
  ]
  const [a, b] = stackPaths(stacks, new Set([2]), place)
  expect(a?.whole).toBe('M1.1 100.0V90.0H8.9V100.0Z')
  expect(b?.whole).toBe('M1.1 90.0V70.0H8.9V90.0ZM11.1 100.0V93.0H18.9V100.0Z')
  expect(a?.partial).toBe('M21.1 100.0V95.0H28.9V100.0Z')
  expect(b?.partial).toBe('M21.1 95.0V90.0H28.9V95.0Z')
})

test('a line without movement, a single point and nothing at all can be drawn', () => {
  expect(sparkPath([0, 0], 100, 24)).toBe('M0.0 22.5L100.0 22.5')
  expect(sparkPath([3], 100, 24)).toBe('M0.0 1.5')
  expect(sparkPath([], 100, 24)).toBe('')
})

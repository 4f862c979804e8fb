import { expect, test } from 'vitest'

import { explain, Problem, problemOf } from './problem'

const answer = (body: string, type: string, status = 400) =>
  problemOf(new Response(body, { status, statusText: 'Bad Request', headers: { 'content-type': type } }))

test('problem details are said in their own words', async () => {
  const body = JSON.stringify({ title: 'Invalid parameter', detail: '`step` is unknown', status: 400 })
  const problem = await answer(body, 'application/problem+json')
  expect(problem.status).toBe(400)
  expect(explain(problem)).toBe('Invalid parameter: `step` is unknown')
})

test('an answer without problem details still says its status', async () => {
  expect(explain(await answer('<h1>Bad gateway</h1>', 'text/html', 502))).toBe(
    'The API answered 502 Bad Request.',
  )
  expect(explain(await answer('{broken', 'application/json'))).toBe('The API answered 400 Bad Request.')
  expect(explain(await answer('{}', 'application/json'))).toBe('The API answered 400 Bad Request.')
  expect(explain(await answer('null', 'application/json'))).toBe('The API answered 400 Bad Request.')
})

test('anything thrown can be explained', () => {
  expect(explain(new Problem(0, 'The API cannot be reached.'))).toBe('The API cannot be reached.')
  expect(explain(new TypeError('x is not a function'))).toBe('x is not a function')
  expect(explain('plain')).toBe('plain')
})

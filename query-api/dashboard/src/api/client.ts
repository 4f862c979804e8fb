/** GET requests to the API, typed by its OpenAPI document. */
import { Problem, problemOf } from './problem'
import type { Answer, MessageDetail, Query, QueryPath } from './types'

/** No question of this page takes longer than this; then it is given up and said so. */
const TIMEOUT_MS = 30_000

type Value = string | number | boolean | null | undefined

/** Query parameters as the API takes them: lists are repeated, what is undefined is left out. */
export function queryString(query: Readonly<Record<string, Value | readonly Value[]>>): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    const values = isList(value) ? value : [value]
    for (const one of values) {
      if (one !== undefined && one !== null && one !== '') params.append(key, String(one))
    }
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** `Array.isArray` forgets about read-only lists. */
const isList = (value: Value | readonly Value[]): value is readonly Value[] => Array.isArray(value)

async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  try {
    response = await fetch(url, {
      signal: AbortSignal.any([signal, timeout]),
      headers: { accept: 'application/json' },
    })
  } catch (error) {
    if (signal.aborted) throw error
    const words = timeout.aborted ? 'The API took too long to answer.' : 'The API cannot be reached.'
    throw new Problem(0, words, { cause: error })
  }
  if (!response.ok) throw await problemOf(response)
  return response.json()
}

export async function get<P extends QueryPath>(
  path: P,
  query: Query<P>,
  signal: AbortSignal,
): Promise<Answer<P>> {
  return (await getJson(path + queryString(query), signal)) as Answer<P>
}

export async function getMessage(number: string, id: string, signal: AbortSignal): Promise<MessageDetail> {
  const path = `/v1/messages/${encodeURIComponent(number)}/${encodeURIComponent(id)}`
  return (await getJson(path, signal)) as MessageDetail
}

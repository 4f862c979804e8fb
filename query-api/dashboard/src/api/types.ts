/** Names for what the API answers. `schema.ts` is generated from `query-api/openapi.json`: the two cannot drift apart. */
import type { components, paths } from './schema'

type Schemas = components['schemas']

export type AccountEvent = Schemas['AccountEvent']
export type Contact = Schemas['Contact']
export type Headline = Schemas['Headline']
export type Integration = Schemas['Integration']
export type LiveLagged = Schemas['LiveLagged']
export type LiveMetrics = Schemas['LiveMetrics']
export type LiveWatermark = Schemas['LiveWatermark']
export type Message = Schemas['Message']
export type MessageDetail = Schemas['MessageDetail']
export type Metrics = Schemas['Metrics']
export type Overview = Schemas['Overview']
export type Status = Schemas['Status']
export type StatusCount = Schemas['StatusCount']
export type Step = Schemas['Step']
export type GroupBy = Schemas['GroupBy']
export type Tally = Schemas['Tally']
export type Verdict = Schemas['Verdict']

/** The endpoints that answer JSON and take nothing but a query. */
export type QueryPath =
  '/v1/overview' | '/v1/messages' | '/v1/metrics' | '/v1/integrations' | '/v1/contacts' | '/v1/account-events'

export type Query<P extends QueryPath> = NonNullable<paths[P]['get']['parameters']['query']>
export type Answer<P extends QueryPath> = paths[P]['get']['responses'][200]['content']['application/json']
export type MessageQuery = Query<'/v1/messages'>

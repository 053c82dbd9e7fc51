import type { IncomingMessage } from 'node:http'
import type { CameUnder } from '../../http/origin.ts'

/** What a gateway wants to know: may this request of somebody else's pass? Parts are as the gateway wrote them. */
export interface Asked {
  readonly method: string | undefined
  /** `http` or `https`, by which the caller came; `undefined`: the gateway does not say. */
  readonly scheme: string | undefined
  readonly host: string | undefined
  /** The path with its query. */
  readonly target: string | undefined
}

/** How one kind of gateway asks, and which statuses it understands. */
export interface Dialect {
  /** `rest` is what follows the dialect's own address, with the query. */
  ask(req: IncomingMessage, came: CameUnder, rest: string): Asked
  /** Of the answer, when it is not 200. What the gateway cannot be told by it is told by `X-Gatehouse-Status`. */
  status(wanted: number): number
}

export const schemeOf = (req: Pick<IncomingMessage, 'headersDistinct'>): string | undefined =>
  /^https?$/i.exec(once(req, 'x-forwarded-proto') ?? '')?.[0].toLowerCase()

/** What the caller may have called it by: one address, or with either scheme. */
export const urlsOf = ({ scheme, host, target }: Asked): readonly string[] =>
  (scheme ? [scheme] : ['https', 'http']).map((one) => `${one}://${host}${target}`)

/** Only a header that came once says something. */
export function once({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>, name: string): string | undefined {
  const values = headersDistinct[name]
  return values?.length === 1 ? values[0] : undefined
}

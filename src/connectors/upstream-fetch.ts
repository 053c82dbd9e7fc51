import { SourceProblem } from '../connector.ts'
import type { Outbound, OutboundInit } from '../outbound/outbound.ts'

export type Fetch = (url: string, init: OutboundInit) => Promise<Response>

/** Our HTTP client, for which a server error or a plea for patience is an outage and no answer. */
export const upstreamFetch =
  (
    http: Outbound,
    { allow_private_addresses: allowPrivateAddresses }: { readonly allow_private_addresses: boolean },
    source: string,
  ): Fetch =>
  async (url, init) => {
    const response = await http.fetch(url, init, { allowPrivateAddresses, source })
    if (response.status < 500 && response.status !== 429) return response
    throw answeredWith(url, response)
  }

/** The answer, which must be a 200. Rejects with a {@link SourceProblem}. */
export async function fetched(fetch: Fetch, url: string, init: OutboundInit): Promise<Response> {
  const response = await fetch(url, init)
  if (response.status === 200) return response
  throw answeredWith(url, response)
}

const answeredWith = (url: string, { status }: Response): SourceProblem =>
  new SourceProblem('REMOTE_HOST_RESPONDED_WITH_ERROR', `${withoutQuery(url)} answered with status ${status}`)

/** As it may be told: a query may hold secrets. */
export const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '')

import type { Configuration } from 'oidc-provider'
import { SourceProblem, type SourceProblemCode } from '../connector.ts'
import { Unavailable } from '../errors.ts'
import type { Outbound } from '../outbound/outbound.ts'

const outages: ReadonlySet<SourceProblemCode> = new Set(['UNKNOWN_HOST', 'REQUEST_TIMEOUT', 'CONNECTION_FAILED'])

/**
 * Fetches the keys of clients where they publish them (`jwks_uri`): an address that somebody registered never leads into
 * our own network. Whether a client is who it says cannot be told while its keys cannot be had. How long they are believed
 * is not for the one who answers to say, so what it says about caches is left out; see parsed-clients.ts.
 */
export const fetchClientKeys =
  (http: Pick<Outbound, 'fetch'>): NonNullable<Configuration['fetch']> =>
  async (input, init) => {
    const { url, headers, signal } = new Request(input, init)
    const answer = await http
      .fetch(url, { headers, signal }, { allowPrivateAddresses: false })
      .catch((error: unknown) => {
        const isOutage = error instanceof SourceProblem && outages.has(error.code)
        throw isOutage ? new Unavailable('client', error.message, { cause: error }) : error
      })
    if (answer.status >= 500 || answer.status === 429)
      throw new Unavailable('client', `the keys of a client: answered with status ${answer.status}`)
    return new Response(answer.body, { status: answer.status })
  }

/** One logout token to one client (OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8). */
import { SourceProblem } from '../connector.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { ReasonCode } from '../reasons.ts'

/** `again`: it may work later. */
export type Sent =
  | { readonly told: true; readonly status: number }
  | { readonly told: false; readonly again: boolean; readonly reason: ReasonCode; readonly detail: string }

interface Needs {
  readonly http: Pick<Outbound, 'fetch'>
  /** Hosts that may lie in our own networks. */
  readonly privateHosts: readonly string[]
}

/** A plea for patience, or a server that could not: everything else below 500 is an answer. */
const later = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status)

export function createSend({ http, privateHosts }: Needs) {
  const mayBePrivate = new Set(privateHosts.map(plain))

  return async (address: string, token: string): Promise<Sent> => {
    try {
      const { status } = await http.fetch(
        address,
        {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ logout_token: token }).toString(),
        },
        { allowPrivateAddresses: mayBePrivate.has(plain(new URL(address).hostname)), ignoreBody: true },
      )
      if (status < 300) return { told: true, status }
      return later(status)
        ? { told: false, again: true, reason: 'logout_unanswered', detail: `answered with the status ${status}` }
        : { told: false, again: false, reason: 'logout_refused', detail: `answered with the status ${status}` }
    } catch (error) {
      if (!(error instanceof SourceProblem)) throw error
      return explain(error)
    }
  }
}

function explain({ code, message: detail }: SourceProblem): Sent {
  switch (code) {
    case 'ADDRESS_NOT_ALLOWED':
    case 'URL_INVALID':
      return { told: false, again: false, reason: 'logout_address_refused', detail }
    // A redirect, or what is no answer of HTTP.
    case 'REMOTE_HOST_RESPONDED_WITH_ERROR':
      return { told: false, again: false, reason: 'logout_refused', detail }
    default:
      return { told: false, again: true, reason: 'logout_unanswered', detail }
  }
}

const plain = (host: string): string => host.toLowerCase().replace(/^\[|\]$/g, '')

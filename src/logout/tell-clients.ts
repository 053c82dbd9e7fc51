/**
 * Tells clients that a session they had a share in has ended, behind the scenes: nobody who signs out waits for them.
 * What is in line is kept in this process: who stops it in order loses nothing that answers in time.
 */
import type { JWK } from 'jose'
import type { ClientStore } from '../clients/client.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import type { Log } from '../log.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { EndedShare } from '../sessions/endings.ts'
import { createLogoutTokenWriter } from '../tokens/logout-token.ts'
import type { TraceStore } from '../traces/trace.ts'
import { createDeliveries, type Turn } from './deliveries.ts'
import { createLogoutTraces } from './logout-traces.ts'
import { createSend } from './send.ts'

interface Needs {
  readonly clients: Pick<ClientStore, 'get'>
  readonly traces: Pick<TraceStore, 'append'>
  readonly config: Pick<Config, 'issuer' | 'backchannel_logout' | 'outbound'>
  readonly http: Pick<Outbound, 'fetch'>
  /** The key that signs now, with its private members. */
  readonly signingKey: () => JWK
  readonly clock: Clock
  readonly report: Report
  readonly log: Log
}

export interface TellClients extends AsyncDisposable {
  /** Puts them in line; does not wait. */
  tell(shares: readonly EndedShare[]): void
}

export function createTellClients(needs: Needs): TellClients {
  const { clients, config, http, signingKey, clock, report, log } = needs
  const settings = config.backchannel_logout
  const writeToken = createLogoutTokenWriter({ issuer: config.issuer, signingKey, clock })
  const send = createSend({ http, privateHosts: settings.private_hosts })
  const traces = createLogoutTraces({ traces: needs.traces, clock, report, log })

  const deliveries = createDeliveries<EndedShare>({
    attempt: (share, turn) =>
      deliver(share, turn).catch((err: unknown) => {
        log.error({ err, client: share.clientId, session: share.sessionId }, 'a client could not be told of a logout')
        return err instanceof Unavailable
      }),
    laneOf: ({ clientId }) => clientId,
    attempts: settings.attempts,
    retryAfter: settings.retry_after * 1000,
    // As long as one call may take: whoever does not answer by then would not have answered at all.
    drain: config.outbound.timeout * 1000,
    onGivenUp: (count) => log.warn({ count }, 'clients were not told of a logout before the process stopped'),
  })

  async function deliver(share: EndedShare, turn: Turn): Promise<boolean> {
    const client = await clients.get(share.clientId)
    const address = client?.enabled ? client.metadata.backchannel_logout_uri : undefined
    if (typeof address !== 'string') return false
    if (turn.attempt === 1) await traces.begin(share)
    const sent = await send(address, await writeToken(share))
    await traces.record(share, turn, sent)
    return !sent.told && sent.again
  }

  return {
    tell(shares) {
      const left = shares.filter((share) => !deliveries.add(share))
      if (left.length > 0)
        log.error({ count: left.length }, 'clients are not told of a logout: too many are in line already')
    },
    [Symbol.asyncDispose]: () => deliveries[Symbol.asyncDispose](),
  }
}

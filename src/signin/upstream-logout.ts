/** Signing out at the upstream as well, and coming back from there. */
import type { Clock } from '../clock.ts'
import { newSecret } from '../ids.ts'
import type { Log } from '../log.ts'
import type { BrokerSession } from '../sessions/session.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { DepartureStore } from './departure-store.ts'

interface Needs {
  readonly sources: Pick<SourceStore, 'get'>
  readonly connector: Sources['connector']
  readonly departures: DepartureStore
  readonly clock: Clock
  readonly log: Log
  readonly loggedOutUrl: (alias: string) => URL
  /** Milliseconds. */
  readonly lifetime: number
}

/** Where the browser goes to end its session at the upstream; `undefined` when it has none there or is to keep it. */
export type LeaveUpstream = (session: BrokerSession, returnTo: string) => Promise<string | undefined>

export function createLeaveUpstream({
  sources,
  connector,
  departures,
  clock,
  log,
  loggedOutUrl,
  lifetime,
}: Needs): LeaveUpstream {
  return async (session, returnTo) => {
    const source = await sources.get(session.sourceId)
    if (!source || !session.upstream) return undefined
    try {
      const open = connector(source)
      if (open.kind !== 'redirect' || !open.leave) return undefined
      const state = newSecret()
      const url = await open.leave(session.upstream, { url: loggedOutUrl(source.alias), state })
      if (!url) return undefined
      await departures.save({ state, sourceAlias: source.alias, returnTo, expiresAt: clock() + lifetime })
      return url.href
    } catch (error) {
      // The session here has ended already; that the upstream's goes on is for the page to say.
      log.warn({ err: error, source: source.alias }, 'the upstream session could not be ended')
      return undefined
    }
  }
}

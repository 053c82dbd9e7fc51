import type { Clock } from '../clock.ts'
import { referenceFrom } from '../ids.ts'
import type { Log } from '../log.ts'
import type { EndedShare } from '../sessions/endings.ts'
import type { Trace, TraceStore } from '../traces/trace.ts'
import type { Turn } from './deliveries.ts'
import type { Sent } from './send.ts'

/** Writes down, for administrators, which client was told of which session's end, and what it answered. */
export interface LogoutTraces {
  begin(share: EndedShare): Promise<void>
  record(share: EndedShare, turn: Turn, sent: Sent): Promise<void>
}

interface Needs {
  readonly traces: Pick<TraceStore, 'append'>
  readonly clock: Clock
  readonly log: Log
}

/** One trace per session and client. It has an outcome when nothing more is tried. One that cannot be written stops nothing. */
export function createLogoutTraces({ traces, clock, log }: Needs): LogoutTraces {
  const referenceOf = ({ sessionId, clientId }: EndedShare) => referenceFrom(`logout:${sessionId}:${clientId}`)

  async function append(
    share: EndedShare,
    change: Partial<Trace>,
    what: string,
    detail: Readonly<Record<string, unknown>>,
  ) {
    const { clientId, accountId, sourceId } = share
    const at = clock()
    const known = { clientId, accountId, sourceId, ...change, ...(change.outcome && { endedAt: at }) }
    await traces
      .append(referenceOf(share), { ...known, steps: [{ at, what, detail }] })
      .catch((err: unknown) =>
        log.warn({ err, reference: referenceOf(share) }, 'the logout trace could not be written'),
      )
  }

  return {
    begin: (share) => append(share, {}, 'session_ended', { session: share.sessionId }),

    async record(share, { attempt, isLast }, sent) {
      const event = {
        event: 'backchannel_logout',
        reference: referenceOf(share),
        client: share.clientId,
        account: share.accountId,
        session: share.sessionId,
        attempt,
      }
      if (sent.told) {
        log.info({ ...event, status: sent.status }, 'a client was told of a logout')
        await append(share, { outcome: 'signed_out', reason: null }, 'told', { attempt, status: sent.status })
        return
      }
      const { again, reason, detail } = sent
      if (again && !isLast) {
        log.info({ ...event, reason, detail }, 'a client could not be told of a logout; it will be tried again')
        await append(share, { reason }, 'not_told', { attempt, reason, detail })
        return
      }
      log.warn({ ...event, reason, detail }, 'a client was not told of a logout')
      const outcome = again ? 'could_not_tell' : 'refused'
      await append(share, { outcome, reason }, 'not_told', { attempt, reason, detail, given_up: true })
    },
  }
}

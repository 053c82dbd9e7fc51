import type { Clock } from '../clock.ts'
import type { Report } from '../events.ts'
import { referenceFrom } from '../ids.ts'
import type { Log } from '../log.ts'
import type { EndedShare } from '../sessions/endings.ts'
import type { StepName, Trace, TraceStore } from '../traces/trace.ts'
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
  readonly report: Report
  readonly log: Log
}

/** One trace per session and client. It has an outcome when nothing more is tried. One that cannot be written stops nothing. */
export function createLogoutTraces({ traces, clock, report, log }: Needs): LogoutTraces {
  const referenceOf = ({ sessionId, clientId }: EndedShare) => referenceFrom(`logout:${sessionId}:${clientId}`)

  async function append(
    share: EndedShare,
    change: Partial<Trace>,
    what: StepName,
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
      const told = {
        reference: referenceOf(share),
        client: share.clientId,
        account: share.accountId,
        session: share.sessionId,
        attempt,
      }
      if (sent.told) {
        report('logout.told', { ...told, status: sent.status })
        await append(share, { outcome: 'signed_out', reason: null }, 'told', { attempt, status: sent.status })
        return
      }
      const { again, reason, detail } = sent
      if (again && !isLast) {
        report('logout.told_later', { ...told, reason, detail })
        await append(share, { reason }, 'not_told', { attempt, reason, detail })
        return
      }
      report('logout.not_told', { ...told, reason, detail })
      const outcome = again ? 'could_not_tell' : 'refused'
      await append(share, { outcome, reason }, 'not_told', { attempt, reason, detail, given_up: true })
    },
  }
}

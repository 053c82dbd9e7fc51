import { type EventMembers, type EventName, events, type Report } from '../events.ts'
import type { Log } from '../log.ts'
import { note, requestNotes } from '../request-notes.ts'
import type { Metrics } from './metrics.ts'

type Outcome = 'success' | 'refused' | 'could_not_tell'

/** A *no* by its name's last word. */
function outcomeByName(event: EventName): Outcome {
  if (/\.(would_refuse|refused)$/.test(event) || event === 'logout.not_received' || event === 'logout.not_told')
    return 'refused'
  return event.endsWith('.unanswered') || event === 'request.failed' ? 'could_not_tell' : 'success'
}

const names = Object.keys(events) as EventName[]
const outcomes = new Map(names.map((event) => [event, outcomeByName(event)]))
const outcomeOf = (event: EventName): Outcome => outcomes.get(event) ?? 'success'

// What somebody should look at.
const warnings: ReadonlySet<EventName> = new Set([
  'login.unanswered',
  'token.unanswered',
  'gateway.unanswered',
  'logout.not_received',
  'logout.not_told',
  'source.expiring',
])
const thefts: ReadonlySet<string> = new Set(['code_reused', 'refresh_token_reused'])

function levelOf(event: EventName, { status, reason }: EventMembers): 'error' | 'warn' | 'info' {
  if (status === 500) return 'error'
  return warnings.has(event) || Number(status) > 500 || thefts.has(reason ?? '') ? 'warn' : 'info'
}

/** The one place where events become log lines and numbers. What the request knows already is added. */
export function createReport(log: Log, metrics: Metrics): Report {
  const happened = new Map(names.map((event) => [event, metrics.events.at({ event })]))

  function count(event: EventName, outcome: Outcome, members: EventMembers): void {
    const reason = members.reason ?? members.error ?? ''
    happened.get(event)?.()
    if (outcome !== 'success' && reason !== '')
      metrics.refusals.add({ endpoint: requestNotes()?.endpoint() ?? '', reason })
    const client = metrics.clientLabel(members.client)
    if (event.startsWith('login.') && event !== 'login.step')
      metrics.logins.add({ source: metrics.sourceLabel(members.source), client, outcome, reason })
    if (event.startsWith('token.'))
      metrics.tokenRequests.add({ grant_type: members.grant_type ?? '', client, outcome, reason })
    if (event === 'registry.changed') metrics.auditEvents.add({ action: members.action ?? '' })
  }

  return (event, given = {}) => {
    const { client, source, account, reference, reason } = given
    note({ client, source, account, reference, reason })
    const notes = requestNotes()
    const members: EventMembers = {
      ...given,
      client: client ?? notes?.client,
      source: source ?? notes?.source,
      account: account ?? notes?.account,
      reference: reference ?? notes?.reference,
    }
    count(event, outcomeOf(event), members)
    const level = levelOf(event, given)
    if (log.isLevelEnabled(level)) log[level]({ event, ...members }, events[event].means)
  }
}

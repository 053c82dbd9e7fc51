import { isDeepStrictEqual } from 'node:util'
import type { Change } from '#views/console/history.ts'
import type { AccountStore } from '../accounts/account.ts'
import type { AuditEvent, AuditStore } from '../audit/audit.ts'
import { isRecord } from '../mapping/path.ts'
import type { Visit } from './page.ts'

export interface HistoryNeeds {
  readonly audit: Pick<AuditStore, 'list'>
  readonly accounts: Pick<AccountStore, 'some'>
}

const shown = 10

/** The latest changes of these subjects together, the newest first, by people's names. `at`: as {@link Visit.at}. */
export async function historyOf(
  { audit, accounts }: HistoryNeeds,
  subjects: readonly { readonly type: string; readonly id: string }[],
  at: Visit['at'],
): Promise<readonly Change[]> {
  const lists = await Promise.all(
    subjects.map(({ type, id }) => audit.list({ subjectType: type, subjectId: id, limit: shown })),
  )
  const events = lists
    .flatMap(({ items }) => items)
    .toSorted((one, other) => other.at - one.at)
    .slice(0, shown)
  const people = events.flatMap(({ actor }) => (actor.kind === 'account' ? [actor.id] : []))
  const known = new Map((await accounts.some([...new Set(people)])).map((one) => [one.id, one.displayName]))
  return events.map(({ at: when, actor, action, before, after }) => ({
    ...{ at: when, action, members: membersChanged({ before, after }) },
    actor: {
      kind: actor.kind,
      name: actor.kind === 'system' ? '' : known.get(actor.id) || actor.id,
      href: actor.kind === 'account' && known.has(actor.id) ? at(`/people/${actor.id}`) : undefined,
    },
  }))
}

/** Of what was there before and is there after. */
function membersChanged({ before, after }: Pick<AuditEvent, 'before' | 'after'>): readonly string[] {
  if (!isRecord(before) || !isRecord(after)) return []
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name]))
}

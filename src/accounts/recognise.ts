import type { AuditStore } from '../audit/audit.ts'
import { recordChange } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import type { Transact } from '../collection.ts'
import { Refusal } from '../errors.ts'
import type { Identity } from '../identity.ts'
import { newId } from '../ids.ts'
import type { Source } from '../sources/source.ts'
import { type Account, type AccountStore, displayNameFrom } from './account.ts'

interface Stores {
  readonly accounts: AccountStore
  readonly audit: AuditStore
}

interface Needs {
  readonly transact: Transact<Stores>
  readonly accounts: AccountStore
  readonly clock: Clock
}

/**
 * The account of somebody who proved who they are at `source`; made when the source names them for the first
 * time. Whatever the source said before is replaced by what it says now. The source's subject is all that
 * counts: the same e-mail address or user name never makes two identities one (SEC-076, SEC-077).
 */
export type Recognise = (
  source: Pick<Source, 'id' | 'alias'>,
  identity: Pick<Identity, 'subject' | 'attributes'>,
  displayName: string,
) => Promise<Account>

type Seen = Parameters<Recognise>

export function createRecognise({ transact, accounts, clock }: Needs): Recognise {
  return async (source, identity, displayName) => {
    if (identity.subject === '' || identity.subject.length > 255 || identity.subject.includes('\0')) {
      throw new Refusal('upstream_invalid', 'The subject must have 1 to 255 characters, and U+0000 is none')
    }
    const seen: Seen = [source, identity, displayNameFrom(displayName)]
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (
          (await welcomeBack(accounts, clock(), seen)) ?? (await transact((stores) => welcome(stores, clock(), seen)))
        )
      } catch (error) {
        if (attempt === 3 || !wasOvertaken(error)) throw error
      }
    }
  }
}

/**
 * Without a transaction, for which a store has to keep others waiting: each change is right by itself. `undefined`:
 * the source names them for the first time.
 */
async function welcomeBack(accounts: AccountStore, now: number, seen: Seen): Promise<Account | undefined> {
  const [source, { subject, attributes }, displayName] = seen
  const known = await accounts.identity(source.id, subject)
  const account = known && (await accounts.get(known.accountId))
  if (!account) return undefined
  await accounts.seen({ sourceId: source.id, subject, attributes, lastLoginAt: now })
  if (account.displayName === displayName) return account
  return accounts.replace({ ...account, displayName, updatedAt: now }, account.version)
}

async function welcome({ accounts, audit }: Stores, now: number, seen: Seen): Promise<Account> {
  const [source, { subject, attributes }, displayName] = seen
  const id = newId()
  const account: Account = { id, version: 1, createdAt: now, updatedAt: now, enabled: true, roles: [], displayName }
  await accounts.add(account)
  await accounts.link({ accountId: id, sourceId: source.id, subject, attributes, linkedAt: now, lastLoginAt: now })
  await recordChange(audit, { kind: 'account', id }, () => now, {
    subject: { type: 'user', id, name: displayName },
    after: { enabled: true, roles: [], authentication_source: source.alias, subject },
  })
  return account
}

// Of two first logins at once the second finds the link taken, and then finds the account of the first. An
// account may also be changed or removed between being found and being updated.
const wasOvertaken = (error: unknown): boolean =>
  error instanceof Refusal && ['conflict', 'changed_meanwhile', 'not_found'].includes(error.code)

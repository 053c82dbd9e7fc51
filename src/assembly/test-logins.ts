import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import { createTestLogins, type TestLogins } from '../sources/test-logins.ts'
import type { Stores } from '../stores/sql/open.ts'
import type { Vault } from '../vault.ts'

interface Needs {
  readonly stores: Pick<Stores, 'artifacts' | 'audit'>
  readonly vault: Vault
  readonly clock: Clock
}

/** Test logins, kept with what else is short-lived. */
export const assembleTestLogins = ({ stores: { artifacts, audit }, vault, clock }: Needs): TestLogins =>
  createTestLogins({
    store: {
      put: (id, sealed, expiresAt) => artifacts.put('TestLogin', digest(id), { sealed }, expiresAt),
      async get(id) {
        const sealed = (await artifacts.get('TestLogin', digest(id)))?.payload.sealed
        return typeof sealed === 'string' ? sealed : undefined
      },
      claim: (id, expiresAt) => artifacts.putOnce('TestLogin', digest(`opened/${id}`), {}, expiresAt),
    },
    audit,
    vault,
    clock,
  })

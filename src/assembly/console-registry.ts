/** The console's pages about clients, portals, people, sessions, roles and signing keys. */

import { consoleClientId } from '../clients/console-client.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { Mount } from '../console/page.ts'
import { clientPage } from '../console/pages/client.ts'
import { clientEditPages } from '../console/pages/client-edit.ts'
import { clientLeavePages } from '../console/pages/client-leave.ts'
import { clientPages } from '../console/pages/clients.ts'
import { keyPages } from '../console/pages/keys.ts'
import { peoplePages } from '../console/pages/people.ts'
import { personEditPages } from '../console/pages/person-edit.ts'
import { personLeavePages } from '../console/pages/person-leave.ts'
import { portalPages } from '../console/pages/portals.ts'
import { rolePages } from '../console/pages/roles.ts'
import { sessionPages } from '../console/pages/sessions.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { SqlStores, Stores } from '../stores/sql/open.ts'
import { createEraseTraces } from '../traces/erasure.ts'
import type { createNouns } from './nouns.ts'

interface Needs {
  readonly config: Pick<Config, 'issuer' | 'bootstrap' | 'signing_keys' | 'lifetimes'>
  readonly stores: Stores & Pick<SqlStores, 'transact'>
  readonly nouns: ReturnType<typeof createNouns>
  readonly signingKeys: SigningKeys
  /** Takes a change of the keys into use here. */
  readonly followRegistry: () => Promise<void>
  readonly clock: Clock
}

export function registryPages({ config, stores, nouns, signingKeys, followRegistry, clock }: Needs) {
  const named = {
    sourceStore: stores.sources,
    apiStore: stores.apis,
    clientStore: stores.clients,
    accountStore: stores.accounts,
    applicationStore: stores.applications,
    audit: stores.audit,
    accounts: stores.accounts,
  }
  const bootstrapClient = config.bootstrap.client?.id
  const { issuer } = config
  const forClients = { ...nouns, ...named, secretUses: stores.secretUses, issuer, bootstrapClient }
  const sessionIdle = config.lifetimes.session_idle * 1000
  const forPeople = { ...nouns, ...named, sessionIdle, eraseTraces: createEraseTraces({ ...stores, clock }) }
  const builtIn = new Set([consoleClientId, ...(bootstrapClient === undefined ? [] : [bootstrapClient])])
  const forKeys = { keys: signingKeys, follow: followRegistry, schedule: config.signing_keys, issuer }
  const pages: readonly ((mount: Mount) => void)[] = [
    clientPages({ ...forClients, builtIn }),
    clientEditPages(forClients),
    clientLeavePages(forClients),
    clientPage(forClients),
    portalPages({ ...nouns, ...named }),
    personEditPages(forPeople),
    personLeavePages(forPeople),
    peoplePages(forPeople),
    sessionPages(forPeople),
    rolePages(nouns),
    keyPages(forKeys),
  ]
  return pages
}

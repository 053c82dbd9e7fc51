/** The exams that an implementation of the stores takes, all of them. */
import type { LiveStores, SqlStores } from '../../src/stores/sql/open.ts'
import { accountStoreContract } from './account-store.contract.ts'
import { apiKeyStoreContract } from './api-key-store.contract.ts'
import { apiStoreContract } from './api-store.contract.ts'
import { applicationStoreContract } from './application-store.contract.ts'
import { artifactStoreContract } from './artifact-store.contract.ts'
import { attemptStoreContract } from './attempt-store.contract.ts'
import { auditStoreContract } from './audit-store.contract.ts'
import { clientStoreContract } from './client-store.contract.ts'
import { consentStoreContract } from './consent-store.contract.ts'
import { departureStoreContract } from './departure-store.contract.ts'
import { grantStoreContract } from './grant-store.contract.ts'
import { keyStoreContract } from './key-store.contract.ts'
import { localUserStoreContract } from './local-user-store.contract.ts'
import { markStoreContract } from './mark-store.contract.ts'
import { portalStoreContract } from './portal-store.contract.ts'
import { roleStoreContract } from './role-store.contract.ts'
import { secondFactorStoreContract } from './second-factor-store.contract.ts'
import { sessionStoreContract } from './session-store.contract.ts'
import { sourceStatusStoreContract } from './source-status-store.contract.ts'
import { sourceStoreContract } from './source-store.contract.ts'
import { statisticsContract } from './statistics.contract.ts'
import { traceStoreContract } from './trace-store.contract.ts'
import { transactContract } from './transact.contract.ts'
import { tripStoreContract } from './trip-store.contract.ts'
import type { World } from './world.ts'

export function sqlStoresContracts(label: string, open: () => Promise<World<SqlStores>>, many?: number): void {
  sourceStoreContract(label, open, many)
  clientStoreContract(label, open)
  consentStoreContract(label, open)
  accountStoreContract(label, open)
  localUserStoreContract(label, open)
  secondFactorStoreContract(label, open)
  roleStoreContract(label, open)
  apiStoreContract(label, open)
  applicationStoreContract(label, open)
  apiKeyStoreContract(label, open)
  portalStoreContract(label, open)
  sourceStatusStoreContract(label, open)
  keyStoreContract(label, open)
  auditStoreContract(label, open)
  traceStoreContract(label, open)
  statisticsContract(label, open)
  transactContract(label, open)
  liveStoresContracts(label, open)
}

export function liveStoresContracts(label: string, open: () => Promise<World<LiveStores>>): void {
  sessionStoreContract(label, open)
  grantStoreContract(label, open)
  markStoreContract(label, open)
  artifactStoreContract(label, open)
  tripStoreContract(label, open)
  departureStoreContract(label, open)
  attemptStoreContract(label, open)
}

/** The console's pages of what happened and what would: traces, events, and the token playground. */
import { createAdmission } from '../admission/admit.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { createFindApi } from '../console/find-api.ts'
import type { Mount } from '../console/page.ts'
import { eventPages } from '../console/pages/events.ts'
import { playgroundPages } from '../console/pages/playground.ts'
import { tokenReaderPages } from '../console/pages/token-reader.ts'
import { traceOnePages } from '../console/pages/trace.ts'
import { tracePages } from '../console/pages/traces.ts'
import { createNameParties } from '../console/parties.ts'
import { createFindPeople } from '../console/people.ts'
import { createTokenAtApi } from '../gateway/readers/own-token.ts'
import { createGatewayPreview } from '../gateway/token-preview.ts'
import type { SqlStores, Stores } from '../stores/sql/open.ts'
import { createEntitlement } from '../tokens/accept.ts'
import type { CheckAccessToken } from '../tokens/access-token.ts'
import { createSupposeToken } from '../tokens/supposed-token.ts'
import { createTokenPreview } from '../tokens/token-preview.ts'
import { createEraseTraces } from '../traces/erasure.ts'

interface Needs {
  readonly config: Pick<Config, 'issuer' | 'lifetimes' | 'tokens'>
  readonly stores: Stores & Pick<SqlStores, 'transact'>
  readonly checkAccessToken: CheckAccessToken
  readonly clock: Clock
}

export function recordPages({ config, stores, checkAccessToken, clock }: Needs): readonly ((mount: Mount) => void)[] {
  const { issuer, lifetimes, tokens } = config
  const found = { findPeople: createFindPeople(stores), findApi: createFindApi(stores) }
  const erase = createEraseTraces({ ...stores, clock })
  const forTraces = { ...stores, ...found, nameParties: createNameParties(stores), erase }
  const entitlement = createEntitlement({ ...stores, clock })
  const askGateway = createGatewayPreview({ tokenAt: createTokenAtApi({ ...stores, entitlement, clock }), clock })
  const preview = createTokenPreview({
    ...{ issuer, entitlement, maxBytes: tokens.max_bytes, idTokenLifetime: lifetimes.id_token },
    supposeToken: createSupposeToken({
      ...{ issuer, lifetime: lifetimes.access_token, clock },
      admission: createAdmission(stores),
    }),
  })
  return [
    tracePages(forTraces),
    traceOnePages(forTraces),
    eventPages(stores),
    playgroundPages({ ...stores, ...found, preview, askGateway }),
    tokenReaderPages({ ...stores, ...found, issuer, checkAccessToken, askGateway }),
  ]
}

/** The gateway's question, with whatever it is answered out of: the routes of gateway/. */
import type Router from '@koa/router'
import { createAdmission } from '../admission/admit.ts'
import type { TryAccess } from '../apis/access-trial.ts'
import { createCheckApiKey } from '../applications/check-api-key.ts'
import { createLastUsed } from '../applications/last-used.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { PasswordHasher } from '../connectors/local/password-hash.ts'
import { createRememberedPasswords } from '../connectors/local/remembered-passwords.ts'
import { createCheck } from '../gateway/check.ts'
import { createDecide } from '../gateway/decide.ts'
import { createFindApi } from '../gateway/find-api.ts'
import { directGateway, gatewayRoutes } from '../gateway/gateway.ts'
import { createListedSources } from '../gateway/listed-sources.ts'
import { createProtectedResource } from '../gateway/protected-resource.ts'
import { createProvenKeys } from '../gateway/proven-keys.ts'
import { createRateLimit } from '../gateway/rate-limit.ts'
import { createBasicReader } from '../gateway/readers/basic.ts'
import { createCertificateReader } from '../gateway/readers/certificate.ts'
import { createExternalTokenReader } from '../gateway/readers/external-token.ts'
import { createOwnTokenReader, createTokenAtApi } from '../gateway/readers/own-token.ts'
import { createTryAccess } from '../gateway/try-access.ts'
import type { FindDirectRoute } from '../http/direct.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Log } from '../log.ts'
import type { Operations } from '../operations/operations.ts'
import { after } from '../soon.ts'
import type { Sources } from '../sources/sources.ts'
import type { knownRegistry } from '../startup/known-registry.ts'
import type { Stores } from '../stores/sql/open.ts'
import { createEntitlement } from '../tokens/accept.ts'
import type { CheckAccessToken } from '../tokens/access-token.ts'
import { createGatewayAssertionWriter } from '../tokens/gateway-assertion.ts'
import { createCheckDpop } from '../tokens/possession/check-dpop.ts'
import { createSupposeToken } from '../tokens/supposed-token.ts'
import { createRefusedCalls } from '../traces/refused-calls.ts'
import { assembleThrottle } from './throttle.ts'

interface Needs {
  readonly config: Config
  readonly stores: Stores
  /** Out of memory. */
  readonly known: ReturnType<typeof knownRegistry>
  readonly passwords: Pick<PasswordHasher, 'verify'>
  readonly sources: Pick<Sources, 'connector'>
  readonly issuer: Pick<Issuer, 'signingKey'>
  readonly checkAccessToken: CheckAccessToken
  readonly operations: Pick<Operations, 'report' | 'refusedCallDropped' | 'shed'>
  readonly isOverloaded: () => boolean
  readonly clock: Clock
  readonly log: Log
}

interface Gateway extends AsyncDisposable {
  readonly routes: Router
  readonly direct: FindDirectRoute
  readonly tryAccess: TryAccess
}

export function assembleGateway({
  config,
  stores: registry,
  known,
  issuer,
  passwords,
  sources,
  ...needs
}: Needs): Gateway {
  const { checkAccessToken, operations, clock, log } = needs
  const stores = { ...registry, ...known }
  const refusedCalls = createRefusedCalls({ ...stores, dropped: operations.refusedCallDropped, clock, log })
  const lastUsed = createLastUsed({ ...stores, clock, log })
  const entitlement = createEntitlement({ ...stores, clock })
  const asked = { issuer: config.issuer, checkAccessToken, entitlement, clock }
  const ownToken = createOwnTokenReader({ ...known.soon, ...asked })
  const listedSources = createListedSources({ ...stores, known: known.soon.sources, stored: registry.sources, clock })
  const basic = createBasicReader({
    ...stores,
    listedSources,
    throttle: assembleThrottle({ config, stores, clock }),
    checkPassword: createRememberedPasswords({ passwords, clock }),
  })
  const { connector } = sources
  const presented = { listedSources, connector }
  const externalToken = createExternalTokenReader(presented)
  const findApi = createFindApi(known.soon)
  const check = createCheck({
    config,
    findApi,
    decide: createDecide({
      readers: [ownToken, externalToken, basic, createCertificateReader(presented)],
      checkApiKey: createCheckApiKey({ ...stores, lastUsed, clock }),
      provenKeys: createProvenKeys({
        checkDpop: createCheckDpop({ counts: stores.attempts, clock, clockTolerance: config.tokens.clock_tolerance }),
      }),
      rateLimit: createRateLimit({ counts: stores.attempts, clock }),
      clock,
    }),
    takesPasswords: (api) =>
      after(listedSources.of(api), (listed) =>
        listed.some((one) => one.source.type === 'local' && !listedSources.closed(one)),
      ),
    writeAssertion: createGatewayAssertionWriter({
      issuer: config.issuer,
      signingKey: () => issuer.signingKey(),
      clock,
    }),
    report: operations.report,
    isOverloaded: needs.isOverloaded,
    onShed: operations.shed,
    refusedCalls,
  })
  const { issuer: name } = config
  const protectedResource = createProtectedResource({ issuer: name, listedSources, connector })
  return {
    routes: gatewayRoutes({ issuer: name, check, findApi, protectedResource }),
    direct: directGateway({ issuer: name, check }),
    tryAccess: createTryAccess({
      ...registry,
      supposeToken: createSupposeToken({
        ...{ issuer: name, lifetime: config.lifetimes.access_token, clock },
        admission: createAdmission(registry),
      }),
      ...{ entitlement, clock },
      tokenAt: createTokenAtApi({ ...stores, entitlement, clock }),
      readers: [ownToken, externalToken],
      checkApiKey: createCheckApiKey({ ...stores, lastUsed: { note() {} }, clock }),
    }),
    async [Symbol.asyncDispose]() {
      await Promise.all([lastUsed[Symbol.asyncDispose](), refusedCalls[Symbol.asyncDispose]()])
    },
  }
}

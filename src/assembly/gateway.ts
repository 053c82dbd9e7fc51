/** The gateway's question, with whatever it is answered out of: the routes of gateway/. */
import type Router from '@koa/router'
import { createCheckApiKey } from '../applications/check-api-key.ts'
import { createLastUsed } from '../applications/last-used.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { Report } from '../events.ts'
import { createDecide } from '../gateway/decide.ts'
import { createFindApi } from '../gateway/find-api.ts'
import { gatewayRoutes } from '../gateway/gateway.ts'
import { createOwnTokenReader } from '../gateway/readers/own-token.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Log } from '../log.ts'
import type { Stores } from '../stores/sql/open.ts'
import { createEntitlement } from '../tokens/accept.ts'
import type { CheckAccessToken } from '../tokens/access-token.ts'
import { createGatewayAssertionWriter } from '../tokens/gateway-assertion.ts'

interface Needs {
  readonly config: Config
  /** Those of sources and APIs out of memory. */
  readonly stores: Pick<Stores, 'apis' | 'apiKeys' | 'sources'>
  readonly issuer: Pick<Issuer, 'signingKey'>
  readonly checkAccessToken: CheckAccessToken
  readonly report: Report
  readonly clock: Clock
  readonly log: Log
}

interface Gateway extends AsyncDisposable {
  readonly routes: Router
}

export function assembleGateway({ config, stores, issuer, checkAccessToken, report, clock, log }: Needs): Gateway {
  const lastUsed = createLastUsed({ ...stores, clock, log })
  const ownToken = createOwnTokenReader({
    ...stores,
    issuer: config.issuer,
    checkAccessToken,
    entitlement: createEntitlement({ ...stores, clock }),
    clock,
  })
  const routes = gatewayRoutes({
    config,
    findApi: createFindApi(stores),
    decide: createDecide({ readers: [ownToken], checkApiKey: createCheckApiKey({ ...stores, lastUsed, clock }) }),
    writeAssertion: createGatewayAssertionWriter({
      issuer: config.issuer,
      signingKey: () => issuer.signingKey(),
      clock,
    }),
    report,
  })
  return { routes, [Symbol.asyncDispose]: () => lastUsed[Symbol.asyncDispose]() }
}

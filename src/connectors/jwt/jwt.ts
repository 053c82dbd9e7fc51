/**
 * Whoever issues tokens that come straight to an API: nobody signs in through such a source. JWTs are verified with
 * the issuer's keys, other tokens by asking it.
 */
import type { KeyObject } from 'node:crypto'
import { type Clock, seconds } from '../../clock.ts'
import { type ConnectorType, type PresentedConnector, SourceProblem } from '../../connector.ts'
import { Refusal, Unavailable } from '../../errors.ts'
import type { Identity } from '../../identity.ts'
import type { Log } from '../../log.ts'
import { valueAt } from '../../mapping/path.ts'
import type { Outbound } from '../../outbound/outbound.ts'
import { parseCompactJwt } from '../../tokens/compact-jwt.ts'
import { upstreamFetch } from '../upstream-fetch.ts'
import { algorithmsOf, givenKeys, JwtConfig, jwtSecrets } from './config.ts'
import { createIntrospection } from './introspection.ts'
import { candidates, fitsAny } from './keys.ts'
import { createKnownTokens } from './known-tokens.ts'
import { createPublishedKeys } from './published-keys.ts'
import { type Checked, type Named, readHeader, requireInTime, requireMeantFor, verifyToken } from './verify-token.ts'

interface Needs {
  readonly http: Outbound
  readonly clock: Clock
  readonly log: Log
}

type Key = KeyObject | Uint8Array

/** Where keys are found: those that may have signed, and those that still may. */
interface KeyRing {
  candidates(named: Named): Promise<readonly Key[]>
  has(keys: readonly Key[]): Promise<boolean>
  /** Rejects with a {@link SourceProblem} when none could verify anything. */
  check(): Promise<void>
}

/** In a few kilobytes each. */
const mostKnown = 5_000

export const createJwtConnectorType = ({ http, clock, log }: Needs): ConnectorType => ({
  type: 'jwt',
  kind: 'presented',
  config: JwtConfig,
  secrets: jwtSecrets,
  open: (config, { alias }) => openJwt(JwtConfig.parse(config), alias, { http, clock, log }),
})

function openJwt(config: JwtConfig, alias: string, { http, clock, log }: Needs): PresentedConnector {
  const fetch = upstreamFetch(http, config, alias)
  const { introspection_endpoint: endpoint } = config
  const introspection = endpoint === undefined ? undefined : createIntrospection({ config, endpoint, fetch, clock })
  const ring =
    givenRing(config) ??
    publishedRing(
      config,
      createPublishedKeys({
        issuer: config.issuer,
        jwksUri: config.jwks_uri,
        insecure: config.allow_private_addresses,
        fetch,
        clock,
        onStale: (err) => log.warn({ err, source: alias }, 'the keys of an issuer could not be read again'),
      }),
    )
  const verified = createKnownTokens<Checked & { readonly keys: readonly Key[] }>(mostKnown)

  async function verify(compact: string): Promise<Checked> {
    const known = verified.get(compact)
    if (known && (await ring.has(known.keys))) return known
    const jwt = parseCompactJwt(compact)
    if (jwt?.payload.iss !== config.issuer) throw new Refusal('token_issuer')
    const keys = await ring.candidates(readHeader(jwt, config))
    const checked = await verifyToken(compact, jwt, keys, config)
    verified.put(compact, { ...checked, keys })
    return checked
  }

  return {
    kind: 'presented',
    // Others are names, such as `urn:acme`, of which no client learns where tokens are to be had.
    ...(/^https?:\/\//i.test(config.issuer) && { issuer: config.issuer }),

    recognises({ bearer = '' }) {
      if (isOpaque(bearer)) return introspection !== undefined
      return verified.get(bearer) !== undefined || parseCompactJwt(bearer)?.payload.iss === config.issuer
    },

    async verify({ bearer, audience }) {
      if (bearer === undefined) return undefined
      try {
        const checked = await (isOpaque(bearer) ? introspection?.ask(bearer) : verify(bearer))
        if (!checked) return undefined
        requireInTime(checked.times, seconds(clock()), config.clock_tolerance)
        requireMeantFor(audience, checked, config)
        return toIdentity(checked, config)
      } catch (error) {
        throw error instanceof SourceProblem
          ? new Unavailable(alias, `${alias}: ${error.message}`, { cause: error })
          : error
      }
    },

    async check() {
      await ring.check()
      await introspection?.check()
    },
  }
}

/** Neither signed nor encrypted, in the alphabet of RFC 6750 §2.1. */
const isOpaque = (token: string): boolean =>
  token.length <= 4096 && /^[\w\-.~+/]+=*$/.test(token) && !/^[\w-]+(\.[\w-]*){2,4}$/.test(token)

function givenRing(config: JwtConfig): KeyRing | undefined {
  const { shared_secret: secret } = config
  const keys = givenKeys(config)
  if (secret === undefined && !keys) return undefined
  const shared = Buffer.from(secret ?? '')
  return {
    candidates: async ({ alg, kid }) => (keys ? candidates(keys, alg, kid) : [shared]),
    has: async () => true,
    check: async () => {},
  }
}

function publishedRing(config: JwtConfig, published: ReturnType<typeof createPublishedKeys>): KeyRing {
  return {
    candidates: ({ alg, kid }) => published.find(JSON.stringify([alg, kid]), (keys) => candidates(keys, alg, kid)),

    async has(used) {
      const now = await published.current()
      return used.every((key) => now.some((one) => one.key === key))
    },

    async check() {
      const wanted = algorithmsOf(config)
      if (fitsAny(await published.read(), wanted)) return
      throw new SourceProblem('MISSING_JWKS', `The issuer publishes no key for ${wanted.join(', ')}: set algorithms`)
    },
  }
}

/** Named by the claim that the settings say, or else by their `sub`. */
function toIdentity({ claims }: Checked, { user_claim: path }: JwtConfig): Identity {
  const subject = String(claims.sub)
  const said = valueAt(claims, path)
  const name = typeof said === 'string' && said !== '' ? said : subject
  return { subject, attributes: { ...claims, preferred_username: name } }
}

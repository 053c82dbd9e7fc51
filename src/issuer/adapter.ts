/**
 * What the OpenID provider keeps, where. The library asks for records by its model's name; codes, refresh
 * tokens, interactions and session cookies are artifacts, everything else lives where its noun does. The four
 * races of the library's contract (code, refresh, replay, session document) end here: see decision 0004.
 */
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import { sealUnder, unsealUnder } from '../sealed-under.ts'
import type { GrantStore, SessionStore } from '../sessions/session.ts'
import type { AccessToken, CheckAccessToken } from '../tokens/access-token.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import type { ArtifactKind, ArtifactStore } from './artifact-store.ts'
import type { ClientRecords } from './client-records.ts'
import { stateOf } from './request-state.ts'
import { sessionIdOf } from './session-id.ts'
import { unmarked } from './structured-tokens.ts'

interface Needs {
  readonly artifacts: ArtifactStore
  readonly sessions: SessionStore
  readonly grants: GrantStore
  readonly marks: MarkStore
  readonly clients: ClientRecords
  readonly checkAccessToken: CheckAccessToken
  readonly clock: Clock
  /** Milliseconds in which a refresh token that was just used gets its answer again. */
  readonly refreshGrace: number
}

export function createAdapterFactory(needs: Needs): (model: string) => Adapter {
  return (model) => {
    switch (model) {
      case 'Client':
        return adapter({ find: (id) => needs.clients.find(id) })
      case 'Grant':
        return grantAdapter(needs)
      case 'Session':
        return sessionAdapter(needs)
      case 'AccessToken':
      case 'ClientCredentials':
        return accessTokenAdapter(needs, model)
      case 'AuthorizationCode':
      case 'RefreshToken':
        return consumableAdapter(needs, model)
      case 'Interaction':
        return interactionAdapter(needs)
      case 'ReplayDetection':
        return replayAdapter(needs)
      default:
        return adapter({})
    }
  }
}

const unsupported = (what: string) => async (): Promise<never> => {
  throw new Error(`${what} is not kept by this server`)
}

/** Fills what a model never uses, loudly. */
const adapter = (methods: Partial<Adapter>): Adapter => ({
  upsert: unsupported('This record'),
  find: unsupported('This record'),
  findByUid: unsupported('A record by uid'),
  findByUserCode: unsupported('A user code'),
  consume: unsupported('A consumable record'),
  destroy: unsupported('This record'),
  // Grants are the index of what hangs on them: without the grant nothing is alive, so nothing else need be found.
  revokeByGrantId: async () => {},
  ...methods,
})

/** The id is the secret itself: it is kept as its digest only, and given back to whoever brings it. */
function artifactAdapter({ artifacts, clock }: Needs, kind: ArtifactKind): Adapter {
  return adapter({
    async upsert(id, { jti: _secret, ...payload }, expiresIn = 0) {
      await artifacts.put(kind, digest(id), payload, clock() + expiresIn * 1000)
    },
    async find(id) {
      const found = await artifacts.get(kind, digest(id))
      return found && { ...found.payload, jti: id }
    },
    async destroy(id) {
      await artifacts.remove(kind, digest(id))
    },
  })
}

/** It names itself, the session's cookie and the application's state: readable to the browser's cookie alone. */
function interactionAdapter(needs: Needs): Adapter {
  const base = artifactAdapter(needs, 'Interaction')
  return {
    ...base,
    upsert: (id, payload, expiresIn) =>
      base.upsert(id, { sealed: sealUnder(id, 'interaction', JSON.stringify(payload)) }, expiresIn),
    async find(id) {
      const found = await base.find(id)
      return found && JSON.parse(unsealUnder(id, 'interaction', String(found.sealed)))
    },
  }
}

function consumableAdapter(needs: Needs, kind: 'AuthorizationCode' | 'RefreshToken'): Adapter {
  const { artifacts, clock, refreshGrace } = needs
  const base = artifactAdapter(needs, kind)
  const inGrace = (consumedAt: number) => kind === 'RefreshToken' && clock() - consumedAt < refreshGrace

  return {
    ...base,
    async upsert(id, payload, expiresIn) {
      const sid = payload.sessionUid === undefined ? undefined : sessionIdOf(payload.sessionUid)
      const acr = payload.acr ?? (stateOf(Provider.ctx).freshLogin ? '1' : '0')
      const predecessor = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti
      await base.upsert(
        id,
        {
          ...payload,
          ...(sid && { sid }),
          ...(kind === 'AuthorizationCode' && { acr }),
          ...(kind === 'RefreshToken' && predecessor && { predecessor: digest(predecessor) }),
        },
        expiresIn,
      )
    },
    async find(id) {
      // Access tokens come by here when no hint says what they are; none of our refresh tokens looks like one.
      if (unmarked(id) !== undefined) return undefined
      const found = await artifacts.get(kind, digest(id))
      if (!found) return undefined
      const spent = found.consumedAt !== null && !inGrace(found.consumedAt)
      return { ...found.payload, jti: id, ...(spent && { consumed: found.consumedAt ?? 0 }) }
    },
    async consume(id) {
      const found = await artifacts.get(kind, digest(id))
      const won = found !== undefined && (await artifacts.consume(kind, digest(id), clock()))
      if (!won) {
        stateOf(Provider.ctx).lostRotation = kind === 'RefreshToken' ? id : undefined
        throw new errors.InvalidGrant(`${kind} was used by another request`)
      }
      // Whoever holds the successor has proved that the answer arrived: its predecessor needs no second answer.
      const { predecessor } = found.payload
      if (typeof predecessor === 'string') await artifacts.endGrace(kind, predecessor)
    },
  }
}

function replayAdapter({ artifacts, clock }: Needs): Adapter {
  return adapter({
    find: async () => undefined, // Seen before is decided when it is written: there exactly one is first.
    async upsert(id, _payload, expiresIn = 0) {
      const first = await artifacts.putOnce('ReplayDetection', digest(id), {}, clock() + expiresIn * 1000)
      if (!first) throw new errors.InvalidClientAuth('the assertion was used before')
    },
  })
}

/** The document of a session cookie. Which client has which grant is the grants' own knowledge, so no two tabs overwrite it. */
function sessionAdapter(needs: Needs): Adapter {
  const { sessions, grants } = needs
  const base = artifactAdapter(needs, 'Session')

  async function complete(payload: AdapterPayload): Promise<AdapterPayload | undefined> {
    if (!payload.accountId || typeof payload.uid !== 'string') return payload
    const sid = sessionIdOf(payload.uid)
    const [session, shares] = await Promise.all([sessions.get(sid), grants.ofSession(sid)])
    if (session?.accountId !== payload.accountId) return undefined
    return {
      ...payload,
      authorizations: Object.fromEntries(shares.map(({ clientId, id }) => [clientId, { sid, grantId: id }])),
    }
  }

  return {
    ...base,
    async upsert(id, { authorizations: _derived, ...payload }, expiresIn) {
      await base.upsert(id, payload, expiresIn)
    },
    async find(id) {
      const payload = await base.find(id)
      return payload && complete(payload)
    },
    async findByUid(uid) {
      const session = await sessions.get(sessionIdOf(uid))
      if (!session) return undefined
      return complete({ kind: 'Session', uid, accountId: session.accountId, exp: Math.floor(session.expiresAt / 1000) })
    },
  }
}

function grantAdapter({ grants }: Needs): Adapter {
  return adapter({
    async find(id) {
      const grant = await grants.get(id)
      if (!grant) return undefined
      const resources = Object.entries(grant.resources).map(([resource, scopes]) => [resource, scopes.join(' ')])
      return {
        kind: 'Grant',
        jti: grant.id,
        accountId: grant.accountId,
        clientId: grant.clientId,
        openid: { scope: grant.scopes.join(' '), claims: [...grant.claims] },
        resources: Object.fromEntries(resources),
        exp: Math.floor(grant.expiresAt / 1000),
      }
    },
    destroy: (id) => grants.remove(id),
  })
}

/** Access tokens are not kept: a genuine one that is alive is its own record. */
function accessTokenAdapter({ checkAccessToken, marks }: Needs, model: 'AccessToken' | 'ClientCredentials'): Adapter {
  return adapter({
    async find(id) {
      const compact = unmarked(id)
      if (compact === undefined) return undefined
      const verdict = await checkAccessToken(compact)
      if (!verdict.ok) {
        stateOf(Provider.ctx).refused = verdict.reason
        return undefined
      }
      const { token } = verdict
      if ((token.accountId === undefined) !== (model === 'ClientCredentials')) return undefined
      stateOf(Provider.ctx).accessToken = token
      return toModel(model, token)
    },
    async destroy(jti) {
      const token = stateOf(Provider.ctx).accessToken
      if (token?.jti === jti) await marks.revokeToken(jti, token.expiresAt * 1000)
    },
  })
}

function toModel(kind: string, token: AccessToken): AdapterPayload {
  const { jti, iat, exp, aud, scope, sid, client_id: _same, iss: _ours, ...extra } = token.claims
  // Userinfo takes tokens whose audience is the client (contract); the library wants none there.
  const userinfo = Provider.ctx?.oidc.route === 'userinfo' && token.audience === token.clientId
  return {
    kind,
    jti: token.jti,
    iat: token.issuedAt,
    exp: token.expiresAt,
    clientId: token.clientId,
    ...(typeof scope === 'string' && { scope }),
    ...(typeof sid === 'string' && { sid }),
    ...(token.accountId && { accountId: token.accountId }),
    ...(token.grantId && { grantId: token.grantId }),
    ...(!userinfo && { aud: token.audience }),
    extra,
  }
}

/**
 * What the OpenID provider keeps, where. The library asks for records by its model's name; codes, refresh
 * tokens, interactions and session cookies are artifacts, everything else lives where its noun does. The four
 * races of the library's contract (code, refresh, replay, session document) end here: see decision 0004.
 */
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import { sealUnder, unsealUnder } from '../sealed-under.ts'
import type { Grant, GrantStore, SessionStore } from '../sessions/session.ts'
import type { CheckAccessToken } from '../tokens/access-token.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import { accessTokenAdapter } from './access-token-adapter.ts'
import { adapter, artifactAdapter } from './adapter-base.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { CarriedOutcomes } from './carried-outcomes.ts'
import { isAuthenticating, requireRegisteredMethod, shownSecret } from './client-authentication.ts'
import type { ClientRecords } from './client-records.ts'
import { consumableAdapter } from './consumable-adapter.ts'
import { endStay, signsOut } from './end-stay.ts'
import type { RequestReads } from './request-reads.ts'
import { stateOf } from './request-state.ts'
import { sessionIdOf } from './session-id.ts'

interface Needs {
  readonly artifacts: ArtifactStore
  readonly sessions: SessionStore
  readonly grants: GrantStore
  readonly marks: MarkStore
  readonly clients: ClientRecords
  readonly checkAccessToken: CheckAccessToken
  readonly reads: RequestReads
  readonly carried: Pick<CarriedOutcomes, 'read' | 'drop'>
  readonly clock: Clock
  /** Milliseconds in which a refresh token that was just used gets its answer again. */
  readonly refreshGrace: number
}

export function createAdapterFactory(needs: Needs): (model: string) => Adapter {
  return (model) => {
    switch (model) {
      case 'Client':
        return clientAdapter(needs)
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

function clientAdapter({ clients }: Pick<Needs, 'clients'>): Adapter {
  return adapter({
    async find(id) {
      const ctx = Provider.ctx
      if (!isAuthenticating(ctx) || ctx.oidc.entities.Client) {
        const record = await clients.find(id)
        if (!record) stateOf(ctx).refused ??= 'client_disabled'
        return record
      }
      const record = await clients.findProving(ctx.req, id, shownSecret(ctx))
      if (record) await requireRegisteredMethod(ctx, record, clients.isTheirs)
      else {
        const state = stateOf(ctx)
        state.refused ??= 'client_disabled'
        // Strangers do not find out which clients there are.
        state.isUntold = !(await clients.isTheirs(ctx.req, id, shownSecret(ctx)))
      }
      return record
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
      if (!found) return undefined
      const { ctx } = Provider
      const result = ctx && needs.carried.read(ctx, id)
      return { ...JSON.parse(unsealUnder(id, 'interaction', String(found.sealed))), ...(result && { result }) }
    },
    async destroy(id) {
      const { ctx } = Provider
      if (ctx) needs.carried.drop(ctx, id)
      await base.destroy(id)
    },
  }
}

/** Of client assertions, and of DPoP proofs. */
function replayAdapter({ artifacts, clock }: Needs): Adapter {
  return adapter({
    find: async () => undefined, // Seen before is decided when it is written: there exactly one is first.
    async upsert(id, _payload, expiresIn = 0) {
      const { ctx } = Provider
      const state = stateOf(ctx)
      // A client has proven itself by it before anything else is looked at.
      const isAssertion = ctx?.oidc.params?.client_assertion !== undefined && !state.assertionUsed
      state.assertionUsed = true
      // A proof may be dated as far ahead as it may be old, and is good until it is old; the library counts from now.
      const kept = isAssertion ? expiresIn : 2 * expiresIn + 1
      const first = await artifacts.putOnce('ReplayDetection', digest(id), {}, clock() + kept * 1000)
      if (first) return
      if (isAssertion) throw new errors.InvalidClientAuth('the assertion was used before')
      state.refused = 'dpop_proof_replayed'
      throw new errors.InvalidDpopProof('the DPoP proof was used before')
    },
  })
}

/** The document of a session cookie. Which client has which grant is the grants' own knowledge, so no two tabs overwrite it. */
function sessionAdapter(needs: Needs): Adapter {
  const { reads } = needs
  const base = artifactAdapter(needs, 'Session')

  async function complete(payload: AdapterPayload): Promise<AdapterPayload | undefined> {
    if (!payload.accountId || typeof payload.uid !== 'string') return payload
    const sid = sessionIdOf(payload.uid)
    const { session, shares } = await reads.stay(sid)
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
      const sid = sessionIdOf(uid)
      const { granted } = stateOf(Provider.ctx)
      if (granted?.sessionId === sid) return boundTo(uid, granted)
      const { session } = await alongWithUse(reads.stay(sid))
      if (!session) return undefined
      return complete({ kind: 'Session', uid, accountId: session.accountId, exp: Math.floor(session.expiresAt / 1000) })
    },
  }
}

/** Whether a refresh token may be used is decided in the same trip as the look at what it stands on. */
async function alongWithUse<T>(reading: Promise<T>): Promise<T> {
  const { use, presented } = stateOf(Provider.ctx)
  const [read] = await Promise.all([reading, presented?.kind === 'RefreshToken' ? use?.decide() : undefined])
  return read
}

/** A code says itself which session it belongs to. Whether that still stands is asked when the code is used. */
const boundTo = (uid: string, { accountId, sessionId, clientId, id, expiresAt }: Grant): AdapterPayload => ({
  kind: 'Session',
  uid,
  accountId,
  exp: Math.floor(expiresAt / 1000),
  authorizations: { [clientId]: { sid: String(sessionId), grantId: id } },
})

function grantAdapter({ reads, grants, sessions }: Needs): Adapter {
  return adapter({
    async find(id) {
      const grant = await alongWithUse(reads.grant(id))
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
    async destroy(id) {
      const { ctx } = Provider
      // The library takes grant after grant away. A stay ends as a whole, and knows then who had a share in it.
      if (ctx && signsOut(ctx)) await endStay(ctx, sessions)
      else await grants.remove(id)
    },
  })
}

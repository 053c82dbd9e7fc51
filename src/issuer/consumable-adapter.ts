/**
 * What can be used once: authorization codes and refresh tokens. Of many uses at once one wins. For a refresh token
 * the others get the winner's answer (rotation-answers.ts). A code that comes twice was stolen from somebody, so all
 * that it gave is revoked (RFC 6749 §4.1.2). Which use wins is decided before anything is handed out: see settle.ts.
 */
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider'
import { digest } from '../ids.ts'
import type { Grant, GrantStore } from '../sessions/session.ts'
import { type ArtifactNeeds, artifactAdapter } from './adapter-base.ts'
import { later } from './pending-writes.ts'
import { stateOf, type Use } from './request-state.ts'
import { sessionIdOf } from './session-id.ts'
import { unmarked } from './structured-tokens.ts'
import { refuseUnsettled } from './unsettled.ts'

interface Needs extends ArtifactNeeds {
  readonly grants: Pick<GrantStore, 'remove'>
  /** Milliseconds in which a refresh token that was just used gets its answer again. */
  readonly refreshGrace: number
}

export function consumableAdapter(needs: Needs, kind: 'AuthorizationCode' | 'RefreshToken'): Adapter {
  const { artifacts, grants, clock, refreshGrace } = needs
  const base = artifactAdapter(needs, kind)
  const inGrace = (consumedAt: number) => kind === 'RefreshToken' && clock() - consumedAt < refreshGrace

  return {
    ...base,
    async upsert(id, payload, expiresIn) {
      const { admission, freshLogin, granted } = stateOf(Provider.ctx)
      const { sid, nonce, ...kept } = payload
      const acr = payload.acr ?? (freshLogin ? '1' : '0')
      const predecessor = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti
      await base.upsert(
        id,
        {
          ...kept,
          // Else its id is made from the uid, and need not be kept.
          ...(payload.sessionUid === undefined && sid !== undefined && { sid }),
          ...(admission && 'source' in admission && { sourceId: admission.source.id }),
          ...(kind === 'AuthorizationCode' && { acr }),
          // It has answered the request that it came with: refreshed ID tokens have none (OpenID Connect Core §12.2).
          ...(kind === 'AuthorizationCode' && nonce !== undefined && { nonce }),
          ...(kind === 'AuthorizationCode' && granted && { granted }),
          ...(kind === 'RefreshToken' && predecessor && { predecessor: digest(predecessor) }),
        },
        expiresIn,
      )
    },
    async find(id) {
      // Access tokens come by here when no hint says what they are; none of our refresh tokens looks like one.
      if (unmarked(id) !== undefined) return undefined
      refuseUnsettled(Provider.ctx?.req)
      const found = await artifacts.get(kind, digest(id))
      if (!found) return undefined
      const spent = found.consumedAt !== null && !inGrace(found.consumedAt)
      // Before its grant goes: see settle.ts.
      if (spent && kind === 'AuthorizationCode') await artifacts.endGrace(kind, digest(id))
      const { granted, predecessor, ...payload }: AdapterPayload = found.payload
      const { grantId, accountId, clientId, sourceId, sessionUid, expiresWithSession } = payload
      const state = stateOf(Provider.ctx)
      state.presented = {
        kind,
        spent,
        grantId: String(grantId),
        accountId: String(accountId),
        clientId: String(clientId),
        sourceId: String(sourceId),
        ...(expiresWithSession && sessionUid !== undefined && { sessionId: sessionIdOf(sessionUid) }),
      }
      const { oidc } = Provider.ctx ?? {}
      if (!spent && oidc?.route === 'token' && clientId === oidc.client?.clientId) {
        state.use = oneUse(id, () => artifacts.consume(kind, digest(id), clock()))
        if (kind === 'AuthorizationCode') state.granted = granted as Grant
        if (typeof predecessor === 'string') state.predecessor = predecessor
      }
      return {
        ...payload,
        ...(sessionUid !== undefined && { sid: sessionIdOf(sessionUid) }),
        jti: id,
        ...(spent && { consumed: true }),
      }
    },
    async consume(id) {
      const state = stateOf(Provider.ctx)
      if (kind === 'AuthorizationCode') {
        // All that could be wrong with it has been looked at. It is used in the last trip of the request (settle.ts).
        await later(async () => state.use?.decide())
        return
      }
      if (await state.use?.decide()) {
        // Whoever holds the successor has proved that the answer arrived: its predecessor needs no second answer.
        const { predecessor } = state
        if (predecessor) await later(() => artifacts.endGrace(kind, predecessor))
        return
      }
      if (refreshGrace > 0) state.lostRotation = id
      else if (state.presented) {
        state.presented = { ...state.presented, spent: true }
        await grants.remove(state.presented.grantId)
      }
      throw new errors.InvalidGrant(`${kind} was used by another request`)
    },
  }
}

function oneUse(token: string, consume: () => Promise<boolean>): Use {
  let decision: Promise<boolean> | undefined
  return {
    token,
    begun: false,
    decide() {
      this.begun = true
      decision ??= consume()
      return decision
    },
  }
}

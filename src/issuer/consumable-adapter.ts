/**
 * What can be used once: authorization codes and refresh tokens. Of many uses at once one wins. For a refresh token
 * the others get the winner's answer (rotation-answers.ts). A code that comes twice was stolen from somebody, so all
 * that it gave is revoked (RFC 6749 §4.1.2): but not before the winner has had its answer.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Adapter, errors, Provider } from 'oidc-provider'
import { digest } from '../ids.ts'
import type { GrantStore } from '../sessions/session.ts'
import { type ArtifactNeeds, artifactAdapter } from './adapter-base.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { stateOf } from './request-state.ts'
import { sessionIdOf } from './session-id.ts'
import { unmarked } from './structured-tokens.ts'

interface Needs extends ArtifactNeeds {
  readonly grants: Pick<GrantStore, 'remove'>
  /** Milliseconds in which a refresh token that was just used gets its answer again. */
  readonly refreshGrace: number
}

const patience = { tries: 40, pause: 50 }

/** The request that used the code has its answer, be it tokens or a refusal. */
export const settle = (artifacts: Pick<ArtifactStore, 'endGrace'>, code: string): Promise<void> =>
  artifacts.endGrace('AuthorizationCode', digest(code))

export function consumableAdapter(needs: Needs, kind: 'AuthorizationCode' | 'RefreshToken'): Adapter {
  const { artifacts, grants, clock, refreshGrace } = needs
  const base = artifactAdapter(needs, kind)
  const inGrace = (consumedAt: number) => kind === 'RefreshToken' && clock() - consumedAt < refreshGrace

  async function settled(code: string): Promise<void> {
    for (let tries = 0; tries < patience.tries; tries++) {
      const found = await artifacts.get(kind, digest(code))
      if (!found?.consumedAt) return
      await wait(patience.pause)
    }
  }

  return {
    ...base,
    async upsert(id, payload, expiresIn) {
      const { admission, freshLogin } = stateOf(Provider.ctx)
      const sid = payload.sessionUid === undefined ? undefined : sessionIdOf(payload.sessionUid)
      const acr = payload.acr ?? (freshLogin ? '1' : '0')
      const predecessor = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti
      await base.upsert(
        id,
        {
          ...payload,
          ...(sid && { sid }),
          ...(admission && 'source' in admission && { sourceId: admission.source.id }),
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
      if (spent && kind === 'AuthorizationCode') await settled(id)
      const { grantId, accountId, clientId, sourceId } = found.payload
      stateOf(Provider.ctx).presented = {
        kind,
        spent,
        grantId: String(grantId),
        accountId: String(accountId),
        clientId: String(clientId),
        sourceId: String(sourceId),
      }
      return { ...found.payload, jti: id, ...(spent && { consumed: true }) }
    },
    async consume(id) {
      const found = await artifacts.get(kind, digest(id))
      const won = found !== undefined && (await artifacts.consume(kind, digest(id), clock()))
      if (!won) {
        const state = stateOf(Provider.ctx)
        if (kind === 'RefreshToken' && found && refreshGrace > 0) state.lostRotation = id
        else if (state.presented) {
          state.presented = { ...state.presented, spent: true }
          await settled(id)
          await grants.remove(state.presented.grantId)
        }
        throw new errors.InvalidGrant(`${kind} was used by another request`)
      }
      if (kind === 'RefreshToken') stateOf(Provider.ctx).wonRotation = id
      // Whoever holds the successor has proved that the answer arrived: its predecessor needs no second answer.
      const { predecessor } = found.payload
      if (typeof predecessor === 'string') await artifacts.endGrace(kind, predecessor)
    },
  }
}

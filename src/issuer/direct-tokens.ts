/** What a person's application gets for its code or its refresh token, before Koa: the two JWTs, as the provider writes them. */
import type { Admission, AdmittedPerson } from '../admission/admit.ts'
import { type Clock, seconds } from '../clock.ts'
import { mapIdentity } from '../mapping/map-identity.ts'
import type { Grant } from '../sessions/session.ts'
import { idTokenClaims, personAccessToken } from '../tokens/claims.ts'
import { obtainableScopes } from '../tokens/scopes.ts'
import type { SignedHere } from '../tokens/signed-here.ts'
import { signedSize } from '../tokens/signed-size.ts'
import { visibleClaims } from '../tokens/visible-claims.ts'
import type { RefreshRecord } from './refresh-record.ts'
import type { Resources } from './resources.ts'
import { type Signer, signCompact } from './sign-compact.ts'

interface Needs {
  readonly issuer: string
  readonly resources: Pick<Resources, 'plainAudience'>
  /** Of whoever has a grant already. */
  readonly admitAgain: Admission['person']
  /** What signs now. */
  readonly signer: () => Signer
  readonly signedHere: Pick<SignedHere, 'note'>
  /** What an ID token may say now. */
  readonly idTokenNames: () => readonly string[]
  /** Seconds. */
  readonly lifetimes: { readonly access_token: number; readonly id_token: number }
  readonly maxBytes: number
  readonly clock: Clock
}

/** What a code and a refresh token both say of the sign-in that they came from. */
export type Said = Pick<
  RefreshRecord,
  'clientId' | 'accountId' | 'authTime' | 'acr' | 'amr' | 'scope' | 'resource' | 'expiresWithSession'
> & {
  /** Of a code: refreshed ID tokens have none (OpenID Connect Core §12.2). */
  readonly nonce?: string | undefined
}

export interface DirectTokens {
  /** Whether the grant is the one that this speaks for. In a session it is there only while its session is. */
  isOf(grant: Grant, said: Said, sessionId: string): boolean
  /** `undefined`: the provider has more to say. */
  make(said: Said, grant: Grant, sessionId: string): Promise<Made | undefined>
}

interface Made {
  readonly person: AdmittedPerson
  readonly access_token: string
  readonly id_token: string
  readonly scope: string
}

export function createDirectTokens(needs: Needs): DirectTokens {
  const { issuer, resources, admitAgain, signer, signedHere, lifetimes, maxBytes, clock } = needs

  async function admitted(said: Said, grant: Grant): Promise<AdmittedPerson | undefined> {
    const { accountId, clientId } = said
    const scopes = said.scope.split(' ').filter((scope) => grant.scopes.includes(scope))
    const person = await admitAgain({ accountId, clientId, sourceId: grant.sourceId, scopes })
    return 'denied' in person ? undefined : person
  }

  return {
    isOf: (grant, { clientId, accountId, expiresWithSession }, sessionId) =>
      grant.clientId === clientId &&
      grant.accountId === accountId &&
      grant.sessionId === (expiresWithSession ? sessionId : null),

    async make(said, grant, sessionId) {
      const { clientId, accountId, authTime, acr, amr, nonce } = said
      const asked = new Set(said.scope.split(' '))
      const granted = grant.resources[said.resource]?.filter((scope) => asked.has(scope)) ?? []
      if (granted.length === 0 || !asked.has('openid') || !grant.scopes.includes('openid')) return undefined
      const [audience, person] = await Promise.all([
        resources.plainAudience(said.resource, clientId),
        admitted(said, grant),
      ])
      if (audience === undefined || person === undefined) return undefined
      // As they are registered now: what was taken from the client since is not in its tokens any more.
      const scope = obtainableScopes(granted, person.client.metadata.scope).join(' ')
      if (scope === '') return undefined

      const issuedAt = seconds(clock())
      const mapped = mapIdentity(person.identity, person.source.mapping)
      const facts = { issuer, clientId, audience, scope, issuedAt, expiresAt: issuedAt + lifetimes.access_token }
      const payload = personAccessToken(
        { ...facts, authTime, acr, sessionId, grantId: grant.id },
        person,
        visibleClaims(mapped, person.client, new Set(scope.split(' '))),
      )
      const typ = person.client.tokenProfile === 'rfc9068' ? 'at+jwt' : 'JWT'
      if (signedSize({ header: { typ }, payload }) > maxBytes) return undefined

      const told: Readonly<Record<string, unknown>> = {
        ...idTokenClaims({ clientId, sessionId }, person, visibleClaims(mapped, person.client, asked)),
        ...{ sub: accountId, acr, amr, auth_time: authTime },
      }
      const names = needs.idTokenNames().filter((name) => told[name] !== undefined)
      const identity = {
        ...Object.fromEntries(names.map((name) => [name, told[name]])),
        ...(nonce !== undefined && { nonce }),
        ...{ aud: clientId, exp: issuedAt + lifetimes.id_token, iat: issuedAt, iss: issuer },
      }
      const [access_token, id_token] = await Promise.all([
        signCompact(signer(), typ, payload),
        signCompact(signer(), undefined, identity),
      ])
      signedHere.note(access_token)
      return { person, access_token, id_token, scope }
    },
  }
}

/** Writes our access tokens over the library's (docs/tokens.md). */
import { type AccessToken, type ClientCredentials, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { Admission } from '../admission/admit.ts'
import type { ReasonCode } from '../reasons.ts'
import { reasons } from '../reasons.ts'
import { administration } from '../roles/role.ts'
import { machineAccessToken, type Payload, personAccessToken, type TokenFacts } from '../tokens/claims.ts'
import { signedSize } from '../tokens/signed-size.ts'
import { mappedFor } from './people.ts'
import { stateOf } from './request-state.ts'
import { sessionIdOf } from './session-id.ts'

interface Needs {
  readonly issuer: string
  readonly adminAudience: string
  readonly admission: Admission
  readonly maxBytes: number
}

/** The library's draft of a token: header members to add, and the payload it would sign. */
interface Draft {
  header?: Record<string, unknown> | undefined
  payload: Record<string, unknown>
}

export function createAccessTokenWriter({ issuer, adminAudience, admission, maxBytes }: Needs) {
  return async (ctx: KoaContextWithOIDC, token: AccessToken | ClientCredentials, draft: Draft): Promise<void> => {
    const { aud, iat, exp, scope } = draft.payload
    const { jkt, 'x5t#S256': x5t } = token
    const facts = {
      issuer,
      clientId: String(token.clientId),
      audience: String(aud),
      scope: typeof scope === 'string' ? scope : '',
      issuedAt: Number(iat),
      expiresAt: Number(exp),
      confirmation: jkt !== undefined ? { jkt } : x5t !== undefined ? { 'x5t#S256': x5t } : undefined,
    }
    const { profile, payload } =
      'accountId' in token ? await forPerson(ctx, token, facts) : await forMachine(ctx, facts)
    draft.header = profile === 'rfc9068' ? undefined : { typ: 'JWT' }
    draft.payload = payload
    if (typeof payload.jti === 'string') token.jti = payload.jti
    if (signedSize(draft) > maxBytes) throw refuse(ctx, 'token_too_large', 'token_too_large')
  }

  async function forPerson(
    ctx: KoaContextWithOIDC,
    token: AccessToken,
    base: Omit<TokenFacts, 'authTime' | 'acr' | 'sessionId' | 'grantId'>,
  ) {
    const person = stateOf(ctx).admission
    if (!person || 'denied' in person) throw refuse(ctx, person?.denied ?? 'session_ended', 'invalid_grant')
    const { AuthorizationCode, RotatedRefreshToken, RefreshToken } = ctx.oidc.entities
    const source = AuthorizationCode ?? RotatedRefreshToken ?? RefreshToken
    const facts: TokenFacts = {
      ...base,
      authTime: source?.authTime,
      acr: source?.acr,
      sessionId: token.sessionUid && sessionIdOf(token.sessionUid),
      grantId: token.grantId ?? '',
    }
    const profile = person.client.tokenProfile
    const payload = personAccessToken(facts, person, mappedFor(person, new Set(facts.scope.split(' '))))
    if (facts.audience === adminAudience && !administers(payload))
      throw refuse(ctx, 'not_an_administrator', 'access_denied')
    return { profile, payload }
  }

  async function forMachine(ctx: KoaContextWithOIDC, facts: Parameters<typeof machineAccessToken>[0]) {
    const machine = await admission.machine(facts.clientId)
    if ('denied' in machine) throw refuse(ctx, machine.denied, 'invalid_client')
    return { profile: machine.client.tokenProfile, payload: machineAccessToken(facts, machine) }
  }
}

function administers({ resource_access }: Payload): boolean {
  const access = resource_access as Record<string, { roles: string[] }> | undefined
  const roles = access?.[administration.client]?.roles ?? []
  return administration.roles.some((role) => roles.includes(role))
}

/** A *no* to the client: in OAuth's words, with ours beside them (answers.ts). */
function refuse(ctx: KoaContextWithOIDC, reason: ReasonCode, error: string): Error {
  stateOf(ctx).refused = reason
  return new errors.CustomOIDCProviderError(error, reasons[reason].cause)
}

/** The tokens that a client would get for a person now, and what would be answered about them. */
import type { Api } from '../apis/api.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Entitlement } from './accept.ts'
import type { AccessToken } from './access-token.ts'
import { idTokenClaims, type Payload, personClaims } from './claims.ts'
import { introspectionAnswer } from './introspection-answer.ts'
import { signedSize } from './signed-size.ts'
import type { SupposedToken, SupposeToken } from './supposed-token.ts'

export interface PreviewWish {
  readonly clientId: string
  /** `undefined`: the client acts for itself (RFC 6749 §4.4). */
  readonly person: { readonly accountId: string; readonly sourceId: string; readonly authTime: number } | undefined
  readonly scopes: readonly string[]
  /** An API with an audience of its own; absent: the token is for the client itself. */
  readonly api: Pick<Api, 'id' | 'clients' | 'audience'> | undefined
}

export interface Written {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Payload
  /** Of the signed token. */
  readonly bytes: number
}

export type TokenPreview =
  | { readonly ok: false; readonly reason: ReasonCode }
  /** The provider answers `invalid_target` (RFC 8707). */
  | { readonly ok: false; readonly reason: 'not_entitled' }
  | {
      readonly ok: true
      readonly access: Written
      readonly tooLarge: boolean
      /** The access token as whoever checks it sees it. */
      readonly token: AccessToken
      readonly introspection: Payload
      /** With the scope `openid`, for a person. */
      readonly id: Written | undefined
      readonly userinfo: Payload | undefined
    }

interface Needs {
  readonly issuer: string
  readonly supposeToken: SupposeToken
  readonly entitlement: Pick<Entitlement, 'mayAskFor'>
  /** Seconds. */
  readonly idTokenLifetime: number
  readonly maxBytes: number
}

export function createTokenPreview({ issuer, supposeToken, entitlement, idTokenLifetime, maxBytes }: Needs) {
  return async ({ clientId, person, scopes, api }: PreviewWish): Promise<TokenPreview> => {
    const audience = api?.audience ?? null
    if (api && audience !== null && !(await entitlement.mayAskFor(api, clientId)))
      return { ok: false, reason: 'not_entitled' }
    const supposed = await supposeToken({ clientId, audience: audience ?? clientId, scopes, person })
    if ('denied' in supposed) return { ok: false, reason: supposed.denied }
    const { client, token, login } = supposed
    const access = written({ typ: client.tokenProfile === 'rfc9068' ? 'at+jwt' : 'JWT' }, token.claims)
    return {
      ...{ ok: true, access, tooLarge: access.bytes > maxBytes, token },
      introspection: introspectionAnswer(token, issuer) as Payload,
      ...{ id: undefined, userinfo: undefined },
      ...(login && scopes.includes('openid') && about(login)),
    }
  }

  function about({ person, facts, mapped }: NonNullable<SupposedToken['login']>) {
    const sub = person.account.id
    const own = {
      ...{ sub, ...idTokenClaims(facts, person, mapped), auth_time: facts.authTime },
      ...{ acr: facts.acr ?? '0', aud: facts.clientId },
      ...{ iat: facts.issuedAt, exp: facts.issuedAt + idTokenLifetime, iss: issuer },
    }
    return { id: written({ typ: 'JWT' }, own), userinfo: { sub, ...personClaims(person, mapped) } }
  }
}

const written = (header: { readonly typ: string }, payload: Payload): Written => ({
  header: { alg: 'RS256', typ: header.typ },
  payload,
  bytes: signedSize({ header, payload }),
})

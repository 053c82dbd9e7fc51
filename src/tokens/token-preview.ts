/**
 * The tokens that a client would get for a person now, without a sign-in: written by the same functions as real ones, and
 * signed by nobody, so that nobody can use them.
 */
import type { Admission, AdmittedPerson } from '../admission/admit.ts'
import type { Api } from '../apis/api.ts'
import { type Clock, seconds } from '../clock.ts'
import { mapIdentity } from '../mapping/map-identity.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Entitlement } from './accept.ts'
import type { AccessToken } from './access-token.ts'
import {
  idTokenClaims,
  machineAccessToken,
  type Payload,
  personAccessToken,
  personClaims,
  type TokenFacts,
} from './claims.ts'
import { introspectionAnswer } from './introspection-answer.ts'
import { signedSize } from './signed-size.ts'
import { visibleClaims } from './visible-claims.ts'

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
  readonly admission: Admission
  readonly entitlement: Pick<Entitlement, 'mayAskFor'>
  /** Seconds. */
  readonly lifetimes: { readonly access_token: number; readonly id_token: number }
  readonly maxBytes: number
  readonly clock: Clock
}

/** As long as a real one: sessions and grants are made when somebody signs in. */
const noneYet = '00000000-0000-4000-8000-000000000000'

export function createTokenPreview({ issuer, admission, entitlement, lifetimes, maxBytes, clock }: Needs) {
  return async ({ clientId, person, scopes, api }: PreviewWish): Promise<TokenPreview> => {
    const audience = api?.audience ?? null
    if (api && audience !== null && !(await entitlement.mayAskFor(api, clientId)))
      return { ok: false, reason: 'not_entitled' }
    const now = seconds(clock())
    const base = {
      ...{ issuer, clientId, audience: audience ?? clientId, scope: scopes.join(' ') },
      ...{ issuedAt: now, expiresAt: now + lifetimes.access_token },
    }
    if (!person) {
      const machine = await admission.machine(clientId)
      if ('denied' in machine) return { ok: false, reason: machine.denied }
      return answer(machineAccessToken(base, machine), machine.client.tokenProfile)
    }
    // Consent is asked for when somebody signs in.
    const admitted = await admission.person({ accountId: person.accountId, clientId, sourceId: person.sourceId })
    if ('denied' in admitted) return { ok: false, reason: admitted.denied }
    const facts = { ...base, authTime: person.authTime, acr: undefined, sessionId: noneYet, grantId: noneYet }
    return forPerson(admitted, facts, new Set(scopes))
  }

  function forPerson(person: AdmittedPerson, facts: TokenFacts, scopes: ReadonlySet<string>): TokenPreview {
    const { account, client, source, identity } = person
    const all = mapIdentity(identity, source.mapping)
    if (all.overage) return { ok: false, reason: 'groups_overage' }
    const mapped = visibleClaims(all, client, scopes)
    const profile = client.tokenProfile
    const own = {
      ...{
        sub: account.id,
        ...idTokenClaims(facts, person, mapped),
        auth_time: facts.authTime,
        acr: facts.acr ?? '0',
        aud: facts.clientId,
      },
      ...{ iat: facts.issuedAt, exp: facts.issuedAt + lifetimes.id_token, iss: issuer },
    }
    return {
      ...answer(personAccessToken(facts, person, mapped), profile, source.alias),
      ...(scopes.has('openid') && {
        id: written({ typ: 'JWT' }, own),
        userinfo: { sub: account.id, ...personClaims(person, mapped) },
      }),
    }
  }

  function answer(payload: Payload, profile: string, sourceAlias?: string) {
    const access = written({ typ: profile === 'rfc9068' ? 'at+jwt' : 'JWT' }, payload)
    const token = tokenOf(payload, sourceAlias)
    return {
      ...{ ok: true as const, access, tooLarge: access.bytes > maxBytes, token },
      introspection: introspectionAnswer(token, issuer) as Payload,
      ...{ id: undefined, userinfo: undefined },
    }
  }
}

const written = (header: { readonly typ: string }, payload: Payload): Written => ({
  header: { alg: 'RS256', typ: header.typ },
  payload,
  bytes: signedSize({ header, payload }),
})

const tokenOf = (claims: Payload, sourceAlias: string | undefined): AccessToken => ({
  jti: String(claims.jti),
  clientId: String(claims.azp ?? claims.client_id),
  ...(sourceAlias !== undefined && { accountId: String(claims.sub), grantId: noneYet, sourceAlias }),
  audience: String(claims.aud),
  scopes: typeof claims.scope === 'string' ? claims.scope.split(' ').filter(Boolean) : [],
  issuedAt: Number(claims.iat),
  expiresAt: Number(claims.exp),
  claims,
})

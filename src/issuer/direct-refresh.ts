/**
 * A refresh (RFC 6749 §6) as applications ask for it: the token, and no narrower scope or other resource. The token is
 * used once of any number of requests; only that one answers here. Whoever comes second or shows a token that was used,
 * and whoever is to be refused, is the provider's: by then the token is as it was. A test holds the two answers equal.
 */
import type { Admission, AdmittedPerson } from '../admission/admit.ts'
import type { Client } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import type { Report } from '../events.ts'
import { digest, newSecret } from '../ids.ts'
import { mapIdentity } from '../mapping/map-identity.ts'
import type { Grant, GrantStore, SessionStore } from '../sessions/session.ts'
import { idTokenClaims, personAccessToken } from '../tokens/claims.ts'
import { openidScopes } from '../tokens/scopes.ts'
import { signedSize } from '../tokens/signed-size.ts'
import { visibleClaims } from '../tokens/visible-claims.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { directHeaders } from './direct-client.ts'
import type { DirectGrant } from './direct-token.ts'
import { plainRecord, type RefreshRecord, successorOf } from './refresh-record.ts'
import type { Resources } from './resources.ts'
import type { RotationAnswers } from './rotation-answers.ts'
import { sessionIdOf } from './session-id.ts'
import { type Signer, signCompact } from './sign-compact.ts'

interface Needs {
  readonly issuer: string
  readonly artifacts: ArtifactStore
  readonly grants: Pick<GrantStore, 'get'>
  readonly sessions: Pick<SessionStore, 'touch'>
  readonly resources: Pick<Resources, 'plainAudience'>
  readonly answers: RotationAnswers
  /** Of whoever has a token already. */
  readonly admitAgain: Admission['person']
  /** What signs now. */
  readonly signer: () => Signer
  /** What an ID token may say now. */
  readonly idTokenNames: () => readonly string[]
  /** Seconds. */
  readonly lifetimes: {
    readonly access_token: number
    readonly id_token: number
    readonly refresh_token: number
    readonly offline_refresh_token: number
    readonly session_idle: number
  }
  readonly maxBytes: number
  readonly clock: Clock
  readonly report: Report
}

const type = 'refresh_token'
/** None of ours looks otherwise. */
const form = /^[\w-]{43}$/

/** What the new tokens stand on. */
interface Standing {
  readonly record: RefreshRecord
  readonly grant: Grant
  readonly person: AdmittedPerson
  readonly audience: string
  readonly sessionId: string
}

export function createDirectRefresh(needs: Needs): DirectGrant {
  const { issuer, artifacts, grants, sessions, resources, answers, admitAgain, clock, report } = needs
  const { lifetimes, maxBytes } = needs

  /** Whether the grant is the one that the token speaks for. In a session it is there only while its session is. */
  const isOf = (grant: Grant, { clientId, accountId, expiresWithSession }: RefreshRecord, sessionId: string): boolean =>
    grant.clientId === clientId &&
    grant.accountId === accountId &&
    grant.sessionId === (expiresWithSession ? sessionId : null)

  async function tokensFor({ record, grant, person, audience, sessionId }: Standing) {
    const asked = new Set(record.scope.split(' '))
    const granted = grant.resources[record.resource]?.filter((scope) => asked.has(scope)) ?? []
    const scope = granted.filter((name) => openidScopes.some((known) => known === name)).join(' ')
    if (scope === '' || !asked.has('openid') || !grant.scopes.includes('openid')) return undefined

    const { clientId, accountId, authTime, acr, amr, nonce } = record
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

    const said: Readonly<Record<string, unknown>> = {
      ...idTokenClaims({ clientId, sessionId }, person, visibleClaims(mapped, person.client, asked)),
      ...{ sub: accountId, acr, amr, auth_time: authTime },
    }
    const names = needs.idTokenNames().filter((name) => said[name] !== undefined)
    const identity = {
      ...Object.fromEntries(names.map((name) => [name, said[name]])),
      ...(nonce !== undefined && { nonce }),
      ...{ aud: clientId, exp: issuedAt + lifetimes.id_token, iat: issuedAt, iss: issuer },
    }
    const signer = needs.signer()
    const [access_token, id_token] = await Promise.all([
      signCompact(signer, typ, payload),
      signCompact(signer, undefined, identity),
    ])
    return { access_token, id_token, scope }
  }

  /** Keeps the next token and the answer, and asks at the same time whether the grant still stands (SEC-024). */
  async function settle(shown: string, next: string, { record, grant }: Standing, body: object): Promise<boolean> {
    const now = clock()
    const life = record.expiresWithSession ? lifetimes.refresh_token : lifetimes.offline_refresh_token
    const iat = seconds(now)
    const successor = successorOf(record, { token: shown, iat, exp: iat + life, sourceId: grant.sourceId })
    const [still] = await Promise.all([
      grants.get(grant.id),
      artifacts.put('RefreshToken', digest(next), successor, now + life * 1000),
      answers.keep(shown, record.clientId, body),
      grant.sessionId && sessions.touch(grant.sessionId, now + lifetimes.session_idle * 1000),
      // Whoever holds the successor has proved that the answer arrived: its predecessor needs no second answer.
      record.predecessor && artifacts.endGrace('RefreshToken', record.predecessor),
    ])
    return still !== undefined
  }

  async function rotate(shown: string, record: RefreshRecord, audience: string, use: Promise<boolean>) {
    const [grant, isFirst] = await Promise.all([grants.get(record.grantId), use])
    const sessionId = sessionIdOf(record.sessionUid)
    if (!isFirst || !grant || !isOf(grant, record, sessionId)) return undefined
    const { accountId, clientId } = record
    const scopes = record.scope.split(' ').filter((scope) => grant.scopes.includes(scope))
    const person = await admitAgain({ accountId, clientId, sourceId: grant.sourceId, scopes })
    if ('denied' in person) return undefined
    const standing = { record, grant, person, audience, sessionId }
    const tokens = await tokensFor(standing)
    if (!tokens) return undefined
    const { access_token, id_token, scope } = tokens
    const refresh_token = newSecret()
    const expires_in = lifetimes.access_token
    const body = { access_token, expires_in, id_token, refresh_token, scope, token_type: 'Bearer' }
    if (!(await settle(shown, refresh_token, standing, body))) return undefined
    report('token.issued', { client: clientId, account: accountId, source: person.source.alias, grant_type: type })
    return { status: 200, headers: directHeaders, body: JSON.stringify(body) }
  }

  async function issue({ id: clientId }: Client, shown: string) {
    if (!form.test(shown)) return undefined
    const id = digest(shown)
    const record = plainRecord(await artifacts.get('RefreshToken', id))
    if (record?.clientId !== clientId || record.exp <= seconds(clock())) return undefined
    const audience = await resources.plainAudience(record.resource, clientId)
    if (audience === undefined) return undefined

    // In the same trip as the look at what it stands on.
    const use = artifacts.consume('RefreshToken', id, clock())
    let answer: Awaited<ReturnType<typeof rotate>>
    try {
      answer = await rotate(shown, record, audience, use)
    } finally {
      // Nobody has had an answer: it can be used again, by the provider first of all.
      if (!answer && (await use)) await answers.giveBack(shown)
    }
    return answer
  }

  return {
    type,
    fields: ['refresh_token'],
    issue: (client, fields) => issue(client, fields.get('refresh_token') ?? ''),
  }
}

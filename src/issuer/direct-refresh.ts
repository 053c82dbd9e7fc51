/**
 * A refresh (RFC 6749 §6) as applications ask for it: the token, and no narrower scope or other resource. The token is
 * used once of any number of requests; only that one answers here. Whoever comes second or shows a token that was used,
 * and whoever is to be refused, is the provider's: by then the token is as it was. A test holds the two answers equal.
 */
import type { Client } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import type { Report } from '../events.ts'
import { digest, newSecret } from '../ids.ts'
import type { Grant, GrantStore } from '../sessions/session.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { directHeaders } from './direct-client.ts'
import type { DirectGrant } from './direct-token.ts'
import type { DirectTokens } from './direct-tokens.ts'
import { plainRecord, type RefreshRecord, successorOf } from './refresh-record.ts'
import type { RotationAnswers } from './rotation-answers.ts'
import { sessionIdOf } from './session-id.ts'
import { orUnsettled } from './unsettled.ts'

interface Needs {
  readonly artifacts: ArtifactStore
  readonly grants: Pick<GrantStore, 'get' | 'keepAwake'>
  readonly tokens: DirectTokens
  readonly answers: RotationAnswers
  /** Seconds. */
  readonly lifetimes: {
    readonly access_token: number
    readonly refresh_token: number
    readonly offline_refresh_token: number
    readonly refresh_grace: number
    readonly session_idle: number
  }
  readonly clock: Clock
  readonly report: Report
}

const type = 'refresh_token'
/** None of ours looks otherwise. */
const form = /^[\w-]{43}$/

export function createDirectRefresh(needs: Needs): DirectGrant {
  const { artifacts, grants, tokens, answers, lifetimes, clock, report } = needs

  /** Keeps the next token and the answer, and asks at the same time whether the grant still stands (SEC-024). */
  async function settle(shown: string, next: string, record: RefreshRecord, grant: Grant, body: object) {
    const now = clock()
    const life = record.expiresWithSession ? lifetimes.refresh_token : lifetimes.offline_refresh_token
    const iat = seconds(now)
    const successor = successorOf(record, { token: shown, iat, exp: iat + life, sourceId: grant.sourceId })
    // Whoever holds the successor has proved that the answer arrived: its predecessor needs no second answer. It was used
    // when this one was made.
    const covered = record.predecessor !== undefined && iat - record.iat <= lifetimes.refresh_grace
    const [stands] = await Promise.all([
      grants.keepAwake(grant, now + lifetimes.session_idle * 1000),
      artifacts.put('RefreshToken', digest(next), successor, now + life * 1000),
      answers.keep(shown, record.clientId, body),
      covered && artifacts.endGrace('RefreshToken', record.predecessor ?? ''),
    ])
    return stands
  }

  async function rotate(shown: string, record: RefreshRecord, use: Promise<boolean>) {
    const [grant, isFirst] = await Promise.all([grants.get(record.grantId), use])
    const sessionId = sessionIdOf(record.sessionUid)
    if (!isFirst || !grant || !tokens.isOf(grant, record, sessionId)) return undefined
    const made = await tokens.make(record, grant, sessionId)
    if (!made) return undefined
    const { person, access_token, id_token, scope } = made
    const { accountId, clientId } = record
    const refresh_token = newSecret()
    const expires_in = lifetimes.access_token
    const body = { access_token, expires_in, id_token, refresh_token, scope, token_type: 'Bearer' }
    if (!(await settle(shown, refresh_token, record, grant, body))) return undefined
    report('token.issued', { client: clientId, account: accountId, source: person.source.alias, grant_type: type })
    return { status: 200, headers: directHeaders, body: JSON.stringify(body) }
  }

  async function issue({ id: clientId }: Client, shown: string) {
    if (!form.test(shown)) return undefined
    const id = digest(shown)
    const record = plainRecord(await artifacts.get('RefreshToken', id))
    if (record?.clientId !== clientId || record.exp <= seconds(clock())) return undefined

    // In the same trip as the look at what it stands on.
    const use = orUnsettled(artifacts.consume('RefreshToken', id, clock()))
    let answer: Awaited<ReturnType<typeof rotate>>
    try {
      answer = await rotate(shown, record, use)
    } finally {
      // Nobody has had an answer: it can be used again, by the provider first of all.
      if (!answer && (await use)) await orUnsettled(answers.giveBack(shown))
    }
    return answer
  }

  return {
    type,
    fields: ['refresh_token'],
    issue: (client, fields) => issue(client, fields.get('refresh_token') ?? ''),
  }
}

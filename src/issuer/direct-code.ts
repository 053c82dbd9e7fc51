/**
 * A code for its tokens (RFC 6749 §4.1.3) as applications with PKCE ask for it. What the code stands on it says itself;
 * whether that still stands is looked at in the trip that uses the code up, like everywhere (decision 22). Whatever else
 * there is to say, a code that comes twice first of all, is the provider's: by then the code is as it was. A test holds
 * the two answers equal.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { Client } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import type { Report } from '../events.ts'
import { digest, newSecret } from '../ids.ts'
import type { GrantStore } from '../sessions/session.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { type CodeRecord, plainCode } from './code-record.ts'
import { directHeaders } from './direct-client.ts'
import type { PlainForm } from './direct-form.ts'
import type { DirectGrant } from './direct-token.ts'
import type { DirectTokens } from './direct-tokens.ts'
import type { RefreshRecord } from './refresh-record.ts'
import { sessionIdOf } from './session-id.ts'
import { orUnsettled } from './unsettled.ts'

interface Needs {
  readonly artifacts: ArtifactStore
  readonly grants: Pick<GrantStore, 'get'>
  readonly tokens: DirectTokens
  /** Seconds. */
  readonly lifetimes: {
    readonly access_token: number
    readonly refresh_token: number
    readonly offline_refresh_token: number
  }
  readonly clock: Clock
  readonly report: Report
}

const type = 'authorization_code'
/** None of ours looks otherwise. */
const codeForm = /^[\w-]{43}$/
/** RFC 7636 §4.1 */
const verifierForm = /^[\w.~-]{43,128}$/

export function createDirectCode({ artifacts, grants, tokens, lifetimes, clock, report }: Needs): DirectGrant {
  /** Uses the code up and keeps the refresh token. The tokens may leave if nobody used it before, and its grant still stands. */
  async function settle(id: string, record: CodeRecord, refreshToken: string | undefined): Promise<boolean> {
    const now = clock()
    const life = record.expiresWithSession ? lifetimes.refresh_token : lifetimes.offline_refresh_token
    const use = orUnsettled(artifacts.consume('AuthorizationCode', id, now))
    try {
      const [isFirst, grant] = await Promise.all([
        use,
        grants.get(record.grantId),
        refreshToken !== undefined &&
          artifacts.put('RefreshToken', digest(refreshToken), firstOf(record, seconds(now), life), now + life * 1000),
      ])
      if (isFirst && (grant || (await cameAgain(id)))) return true
    } catch (error) {
      await giveBack(id, use)
      throw error
    }
    await giveBack(id, use)
    return false
  }

  /** As in settle.ts: whoever used it first is answered all the same, with what is dead by then (SEC-018). */
  const cameAgain = async (id: string): Promise<boolean> =>
    (await artifacts.get('AuthorizationCode', id))?.consumedAt === 0

  /** Nobody has had an answer: what the matter is the provider finds out. */
  async function giveBack(id: string, use: Promise<boolean>): Promise<void> {
    if (await use) await orUnsettled(artifacts.release('AuthorizationCode', id))
  }

  return {
    type,
    fields: ['code', 'redirect_uri', 'code_verifier'],
    async issue({ id: clientId, metadata }: Client, form: PlainForm) {
      const code = form.get('code') ?? ''
      if (!codeForm.test(code)) return undefined
      const id = digest(code)
      const record = plainCode(await artifacts.get('AuthorizationCode', id))
      if (record?.clientId !== clientId || record.exp <= seconds(clock())) return undefined
      const { granted, accountId, redirectUri, codeChallenge } = record
      const sessionId = sessionIdOf(record.sessionUid)
      if (granted.id !== record.grantId || !tokens.isOf(granted, record, sessionId)) return undefined
      if (redirectUri !== form.get('redirect_uri') || !answers(codeChallenge, form.get('code_verifier') ?? ''))
        return undefined

      const made = await tokens.make(record, granted, sessionId)
      if (!made) return undefined
      const { person, access_token, id_token, scope } = made
      const refresh_token = metadata.grant_types?.includes('refresh_token') ? newSecret() : undefined
      if (!(await settle(id, record, refresh_token))) return undefined
      report('token.issued', { client: clientId, account: accountId, source: person.source.alias, grant_type: type })
      const expires_in = lifetimes.access_token
      const body = { access_token, expires_in, id_token, refresh_token, scope, token_type: 'Bearer' }
      return { status: 200, headers: directHeaders, body: JSON.stringify(body) }
    },
  }
}

function answers(challenge: string, verifier: string): boolean {
  if (!verifierForm.test(verifier)) return false
  const [given, expected] = [Buffer.from(hash('sha256', verifier, 'base64url')), Buffer.from(challenge)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** What is kept of the first refresh token of a line, as the provider and consumable-adapter.ts write it. */
function firstOf(code: CodeRecord, iat: number, life: number): RefreshRecord {
  const { clientId, accountId, sourceId, grantId, sessionUid, expiresWithSession, ...rest } = code
  const { scope, resource, acr, amr, authTime } = rest
  return {
    ...{ kind: 'RefreshToken', iat, exp: iat + life, iiat: iat, clientId, accountId, sourceId, grantId, sessionUid },
    ...{ gty: type, rotations: 0, scope, resource, acr },
    ...(expiresWithSession && { expiresWithSession }),
    ...(amr && { amr }),
    ...(authTime !== undefined && { authTime }),
  }
}

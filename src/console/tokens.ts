/** The console as a client of the broker: it trades codes for tokens and renews them, without a network between. */
import { z } from 'zod'
import type { Client } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import { Unavailable } from '../errors.ts'
import type { AskInProcess } from '../http/in-process.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import type { ConsoleSession } from './sessions.ts'

interface Needs {
  readonly ask: AskInProcess
  readonly client: () => Promise<Client>
  /** The issuer's path, without a slash at the end. */
  readonly base: string
  readonly redirectUri: string
  readonly clock: Clock
}

/** `refused`: a *no* of ours. Without a reason: what was presented is worth nothing any more. */
export type Granted =
  | { readonly ok: true; readonly session: ConsoleSession }
  | { readonly ok: false; readonly reason: ReasonCode | undefined }

export interface ConsoleTokens {
  /** Rejects with `Unavailable` when it cannot tell, as do all of these. */
  redeem(code: string, verifier: string): Promise<Granted>
  renew(session: ConsoleSession): Promise<Granted>
}

const Tokens = z.looseObject({
  access_token: z.string(),
  refresh_token: z.string(),
  id_token: z.string(),
  expires_in: z.number(),
})
const Login = z.looseObject({ sub: z.string(), auth_time: z.number(), sid: z.string() })
const Problem = z.looseObject({ reason: z.string().optional() })

export function createConsoleTokens({ ask, client, base, redirectUri, clock }: Needs): ConsoleTokens {
  async function grant(form: Readonly<Record<string, string>>, startedAt: number): Promise<Granted> {
    // Without a secret: a code goes to our own address only, and is worth nothing without its verifier (RFC 7636).
    const { id } = await client()
    const { status, body } = await ask(`${base}/token`, { ...form, client_id: id })
    if (status >= 500) throw new Unavailable('store', `the token endpoint answered ${status}`)
    if (status !== 200) return { ok: false, reason: reasonIn(Problem.parse(JSON.parse(body)).reason) }
    const tokens = Tokens.parse(JSON.parse(body))
    // It came from ourselves this moment: what it says needs no checking.
    const login = Login.parse(parseCompactJwt(tokens.id_token)?.payload)
    return {
      ok: true,
      session: {
        accountId: login.sub,
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
        expiresAt: clock() + tokens.expires_in * 1000,
        authTime: Math.min(login.auth_time, seconds(clock())),
        sid: login.sid,
        startedAt,
      },
    }
  }

  const renewals = new Map<string, Promise<Granted>>()

  return {
    redeem: (code, verifier) =>
      grant({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri }, clock()),

    /** Of several requests at once one renews; those on other nodes are given the same answer within the grace. */
    renew({ refreshToken, startedAt }) {
      const open = renewals.get(refreshToken)
      if (open) return open
      const renewal = grant({ grant_type: 'refresh_token', refresh_token: refreshToken }, startedAt).finally(() =>
        renewals.delete(refreshToken),
      )
      renewals.set(refreshToken, renewal)
      return renewal
    },
  }
}

const reasonIn = (text: string | undefined): ReasonCode | undefined =>
  text !== undefined && Object.hasOwn(reasons, text) ? (text as ReasonCode) : undefined

/** Who stands at the console's door: from the cookie to somebody who may look, by the same check as the admin API's. */
import type { Context } from 'koa'
import { type Clock, seconds } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { ReasonCode } from '../reasons.ts'
import { actorWith, may, type Right } from '../roles/rights.ts'
import type { AccessToken, CheckAccessToken } from '../tokens/access-token.ts'
import type { ConsoleCookie } from './cookies.ts'
import type { ConsoleSession, ConsoleSessions } from './sessions.ts'
import type { ConsoleTokens } from './tokens.ts'

/** What an access token opens here: the token, or why it opens nothing. */
export type Judge = (accessToken: string) => Promise<AccessToken | ReasonCode>

interface JudgeNeeds {
  readonly check: CheckAccessToken
  /** `{issuer}/admin/api` */
  readonly audience: string
}

/** The same check as the admin API's. Rejects with `Unavailable` when it cannot tell. */
export const createJudge =
  ({ check, audience }: JudgeNeeds): Judge =>
  async (accessToken) => {
    const verdict = await check(accessToken)
    if (!verdict.ok) return verdict.reason
    const { token } = verdict
    if (token.audience !== audience) return 'token_audience'
    return token.accountId !== undefined && may(token, 'view') ? token : 'not_an_administrator'
  }

interface Needs {
  readonly cookie: ConsoleCookie
  readonly sessions: ConsoleSessions
  readonly tokens: ConsoleTokens
  readonly judge: Judge
  /** Whether they must set up a second factor first. Rejects with `Unavailable` when it cannot tell. */
  readonly lacksSecondFactor: (accountId: string) => Promise<boolean>
  readonly clock: Clock
}

export interface Administrator {
  /** What forms are bound to. */
  readonly secret: string
  readonly session: ConsoleSession
  readonly token: AccessToken
  readonly accountId: string
  may(right: Right): boolean
  /** Seconds since they last proved who they are. */
  readonly loginAge: number
}

/** `gone`: they were here, or nobody was. A reason: they may sign in, but not come in. */
export type Entrance =
  | { readonly kind: 'in'; readonly administrator: Administrator }
  | { readonly kind: 'out' }
  | { readonly kind: 'refused'; readonly reason: ReasonCode }

/** Milliseconds before its end in which a token is renewed: a request must not die of it half-way. */
const margin = 20_000

/** Rejects with `Unavailable` when it cannot tell: then nobody is signed out. */
export function createEntrance({ cookie, sessions, tokens, judge, lacksSecondFactor, clock }: Needs) {
  const out = { kind: 'out' } as const

  async function alive(secret: string, session: ConsoleSession): Promise<ConsoleSession | ReasonCode | undefined> {
    if (session.expiresAt - clock() > margin) return session
    const granted = await tokens.renew(session)
    if (!granted.ok) return granted.reason
    await sessions.save(secret, granted.session)
    return granted.session
  }

  return async (ctx: Context): Promise<Entrance> => {
    const secret = cookie.read(ctx)
    const kept = secret === undefined ? undefined : await sessions.find(secret)
    if (secret === undefined || !kept) return out
    const session = await alive(secret, kept)
    if (session === undefined || typeof session === 'string') {
      await sessions.end(secret)
      return session === 'not_an_administrator' ? { kind: 'refused', reason: session } : out
    }
    const token = await judge(session.accessToken)
    if (typeof token === 'string') {
      await sessions.end(secret)
      return token === 'not_an_administrator' ? { kind: 'refused', reason: token } : out
    }
    if (await lacksSecondFactor(session.accountId)) return { kind: 'refused', reason: 'second_factor_missing' }
    return {
      kind: 'in',
      administrator: {
        ...{ secret, session, token, accountId: session.accountId },
        may: (right) => may(token, right),
        loginAge: seconds(clock()) - session.authTime,
      },
    }
  }
}

export type Enter = ReturnType<typeof createEntrance>

/** Rejects with `not_an_administrator`. */
export function requireRight({ token }: Pick<Administrator, 'token'>, right: Right) {
  const actor = actorWith(token, right)
  if (actor.kind !== 'account') throw new Refusal('not_an_administrator')
  return actor
}

/** Asking the issuer about a token that says nothing by itself (RFC 7662). */
import { hash } from 'node:crypto'
import { z } from 'zod'
import { type Clock, seconds } from '../../clock.ts'
import { SourceProblem } from '../../connector.ts'
import { Refusal } from '../../errors.ts'
import { type Fetch, fetched, withoutQuery } from '../upstream-fetch.ts'
import type { JwtConfig } from './config.ts'
import { createKnownTokens } from './known-tokens.ts'
import { type Checked, isAccessToken, readClaims } from './verify-token.ts'

/** Milliseconds for which an answer is repeated without asking again: so long may a token live that was revoked over there. */
const believedFor = 30_000
const refusedFor = 5_000
/** After which somebody asks again whether it answers. */
const restAfterFailure = 1_000
const most = 5_000
/** Questions at a time; whoever comes beyond that is not kept waiting. */
const mostAtOnce = 32

interface Needs {
  readonly config: JwtConfig
  readonly endpoint: string
  readonly fetch: Fetch
  readonly clock: Clock
}

export interface Introspection {
  /** Rejects with a `Refusal`, or with a {@link SourceProblem} when it cannot tell. */
  ask(token: string): Promise<Checked>
  /** Whether we may ask at all. Rejects with a {@link SourceProblem}. */
  check(): Promise<void>
}

const Answer = z.looseObject({
  active: z.boolean(),
  exp: z.number().optional(),
  token_type: z.string().optional(),
  iss: z.string().optional(),
})

type Answered = { readonly until: number } & ({ readonly checked: Checked } | { readonly refusal: Refusal })

export function createIntrospection({ config, endpoint, fetch, clock }: Needs): Introspection {
  // Apart, so that whoever sends rubbish takes nothing away from those who send tokens.
  const accepted = createKnownTokens<Answered>(most)
  const refused = createKnownTokens<Answered>(most)
  const asking = new Map<string, Promise<Answered>>()
  let failure: { readonly error: unknown; readonly at: number } | undefined

  async function post(token: string): Promise<z.output<typeof Answer>> {
    const { introspection_client_id: id = '', introspection_client_secret: secret = '' } = config
    // RFC 6749 §2.3.1
    const credentials = [id, secret].map((part) => new URLSearchParams({ '': part }).toString().slice(1)).join(':')
    const response = await fetched(fetch, endpoint, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
    })
    const parsed = Answer.safeParse(await response.json().catch(() => undefined))
    if (parsed.success) return parsed.data
    throw new SourceProblem('COULD_NOT_PARSE_CONFIG', `${withoutQuery(endpoint)} gave no introspection response`)
  }

  /** Its answer as we understand it. */
  function judge({ active, ...said }: z.output<typeof Answer>): Checked | Refusal {
    if (!active) return new Refusal('token_inactive')
    const { iss = config.issuer, token_type: type = 'Bearer' } = said
    if (iss !== config.issuer) return new Refusal('token_issuer')
    if (!/^(Bearer|DPoP|access_token)$/i.test(type) || !isAccessToken(said, false)) return new Refusal('token_type')
    // To nothing that anybody could prove.
    if (/^DPoP$/i.test(type) && !('cnf' in said)) return new Refusal('token_bound')
    try {
      // One without an end is asked about again soon enough.
      return readClaims({ ...said, exp: said.exp ?? seconds(clock() + believedFor) }, config)
    } catch (error) {
      if (error instanceof Refusal) return error
      throw error
    }
  }

  async function answer(token: string): Promise<Answered> {
    if (failure && clock() - failure.at < restAfterFailure) throw failure.error
    if (asking.size >= mostAtOnce)
      throw new SourceProblem('CONNECTION_FAILED', `${withoutQuery(endpoint)} is being asked too much at once`)
    try {
      const judged = judge(await post(token))
      failure = undefined
      if (judged instanceof Refusal) return { refusal: judged, until: clock() + refusedFor }
      return { checked: judged, until: Math.min(clock() + believedFor, judged.times.exp * 1000) }
    } catch (error) {
      failure = { error, at: clock() }
      throw error
    }
  }

  function askOnce(token: string): Promise<Answered> {
    const key = hash('sha256', token, 'base64')
    const underWay = asking.get(key)
    if (underWay) return underWay
    const begun = answer(token).finally(() => asking.delete(key))
    asking.set(key, begun)
    return begun
  }

  return {
    async ask(token) {
      const known = [accepted, refused].map((some) => some.get(token)).find((one) => one && clock() < one.until)
      const answered = known ?? (await askOnce(token))
      if ('refusal' in answered) {
        if (answered !== known) refused.put(token, answered)
        throw answered.refusal
      }
      if (answered !== known) accepted.put(token, answered)
      return answered.checked
    },

    async check() {
      await post('gatehouse-test')
    },
  }
}

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Denied } from '../../src/admission/admit.ts'
import { Unavailable } from '../../src/errors.ts'
import { createCheckAccessToken } from '../../src/tokens/check-access-token.ts'
import type { Liveness, LivenessQuestion } from '../../src/tokens/liveness.ts'
import { createSignedHere } from '../../src/tokens/signed-here.ts'
import { compact, forgeries } from './forgeries.ts'

const issuer = 'https://broker.example'
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const kid = 'the-key'
const now = Math.floor(Date.now() / 1000)
const person = {
  jti: 'jti',
  iss: issuer,
  aud: 'client',
  sub: 'account',
  azp: 'client',
  typ: 'Bearer',
  iat: now,
  nbf: 0,
  exp: now + 300,
  scope: 'openid email',
  client_session: 'grant',
  identity_provider_alias: 'Okta',
}
const machine = { iss: issuer, aud: 'client', sub: 'client', client_id: 'client', jti: 'jti', iat: now, exp: now + 300 }
const header = { alg: 'RS256', typ: 'JWT', kid }
const rfc9068 = { ...header, typ: 'at+jwt' }

const alive: Liveness = {
  granted: true,
  revoked: false,
  accountBlockedAt: null,
  clientBlockedAt: null,
  sourceBlockedAt: null,
  forgottenAt: null,
}

function check(
  token: string,
  {
    live = alive,
    denied,
    deniedNow = denied,
    at = now,
    here = [],
    key = kid,
  }: {
    live?: Liveness | Error
    denied?: Denied['denied']
    deniedNow?: Denied['denied'] | Error | null
    at?: number
    /** Tokens that this process has signed. */
    here?: readonly string[]
    /** The one there is. */
    key?: string
  } = {},
) {
  const asked: LivenessQuestion[] = []
  let again = 0
  const signedHere = createSignedHere()
  here.forEach(signedHere.note)
  const checkAccessToken = createCheckAccessToken({
    issuer,
    findVerifier: (named) => (named === key ? createPublicKey(privateKey) : undefined),
    signedHere,
    marks: {
      async liveness(question) {
        asked.push(question)
        if (live instanceof Error) throw live
        return live
      },
    },
    standing: {
      of: async () => denied,
      async now() {
        again += 1
        if (deniedNow instanceof Error) throw deniedNow
        return deniedNow ?? undefined
      },
    },
    clock: () => at * 1000,
    clockTolerance: 15,
  })
  return { verdict: checkAccessToken(token), asked, again: () => again }
}

const of = (payload: object, head: object = header) => compact(head, payload, privateKey)

/** Genuine, and it counts no more. */
const dead = (reason: string) => ({ ok: false, reason, token: expect.objectContaining({ clientId: 'client' }) })

describe('a genuine access token', () => {
  it("speaks for a person in the broker's profile and in RFC 9068's", async () => {
    const { typ: _typ, azp: _azp, nbf: _nbf, ...rest } = person
    for (const token of [of(person), of({ ...rest, client_id: 'client' }, rfc9068)]) {
      const verdict = await check(token).verdict
      expect(verdict).toMatchObject({
        ok: true,
        token: {
          clientId: 'client',
          accountId: 'account',
          grantId: 'grant',
          sourceAlias: 'Okta',
          audience: 'client',
          scopes: ['openid', 'email'],
          issuedAt: now,
          expiresAt: now + 300,
        },
      })
    }
  })

  it('speaks for a client alone when there is no grant in it', async () => {
    for (const token of [of({ ...machine, typ: 'Bearer', azp: 'client' }), of(machine, rfc9068)]) {
      const { verdict, asked } = check(token)
      expect(await verdict).toMatchObject({ ok: true, token: { clientId: 'client', scopes: [] } })
      expect(await verdict).not.toHaveProperty('token.accountId')
      expect(asked[0]).not.toHaveProperty('grantId')
    }
  })

  it('is believed until the second it expires, by our clock and nobody else’s', async () => {
    expect(await check(of(person), { at: now + 299 }).verdict).toMatchObject({ ok: true })
    expect(await check(of(person), { at: now + 300 }).verdict).toEqual({ ok: false, reason: 'token_expired' })
    expect(await check(of(person), { at: now - 15 }).verdict).toMatchObject({ ok: true })
    expect(await check(of(person), { at: now - 16 }).verdict).toEqual(dead('token_not_yet_valid'))
  })

  it.each([
    ['its mark', { revoked: true }, 'token_revoked'],
    ['the end of its grant', { granted: false }, 'token_revoked'],
    ['the block of its account', { accountBlockedAt: now }, 'account_disabled'],
    ['the block of its client', { clientBlockedAt: now }, 'client_disabled'],
    ['the block of its source', { sourceBlockedAt: now }, 'source_disabled'],
    ['a store that forgot since', { forgottenAt: now }, 'token_revoked'],
  ] as const)('ends with %s', async (_what, change, reason) => {
    expect(await check(of(person), { live: { ...alive, ...change } }).verdict).toEqual(dead(reason))
  })

  it('outlives a block that is older than itself', async () => {
    const live = { ...alive, accountBlockedAt: now - 1, clientBlockedAt: now - 1, sourceBlockedAt: now - 1 }
    expect(await check(of(person), { live }).verdict).toMatchObject({ ok: true })
  })

  it('counts when what memory has against it is over', async () => {
    for (const token of [person, machine].map((payload) => of(payload, payload === machine ? rfc9068 : header))) {
      const { verdict, again } = check(token, { denied: 'client_disabled', deniedNow: null })
      expect(await verdict).toMatchObject({ ok: true })
      expect(again()).toBe(1)
    }
  })

  it('is refused for what memory has against it while nobody can say more', async () => {
    const deniedNow = new Unavailable('store', 'no answer')
    expect(await check(of(person), { denied: 'account_disabled', deniedNow }).verdict).toEqual(dead('account_disabled'))
  })

  it('is not asked about twice when a mark says as much', async () => {
    const { verdict, again } = check(of(person), {
      denied: 'account_disabled',
      live: { ...alive, accountBlockedAt: now },
    })
    expect(await verdict).toEqual(dead('account_disabled'))
    expect(again()).toBe(0)
  })

  it('ends when whoever it speaks for would not be let in any more', async () => {
    for (const denied of ['source_not_allowed', 'consent_missing', 'account_unknown'] as const)
      expect(await check(of(person), { denied }).verdict).toEqual(dead(denied))
    expect(await check(of(machine, rfc9068), { denied: 'client_disabled' }).verdict).toEqual(dead('client_disabled'))
  })

  it('is neither good nor bad while the store cannot tell', async () => {
    const { verdict } = check(of(person), { live: new Unavailable('store', 'down') })
    await expect(verdict).rejects.toThrow(Unavailable)
  })
})

describe('what is no access token', () => {
  const key = { ...privateKey.export({ format: 'jwk' }), kid }
  const corpus = forgeries({ header, payload: person, key })

  it.each(corpus.map(({ name, token, reason }) => [name, reason, token] as const))(
    'is refused: %s (%s)',
    async (_name, reason, token) => {
      const { verdict, asked } = check(token)
      // That one is ours, and counts later.
      expect(await verdict).toEqual(reason === 'token_not_yet_valid' ? dead(reason) : { ok: false, reason })
      expect(asked, 'the store is not asked about forgeries').toEqual([])
    },
  )

  it('is refused: half of a person', async () => {
    const { client_session: _grant, ...grantless } = person
    const { identity_provider_alias: _source, ...sourceless } = person
    for (const half of [grantless, sourceless])
      expect(await check(of(half)).verdict).toEqual({ ok: false, reason: 'token_malformed' })
  })

  it('is refused when another key of ours signed it than it names', async () => {
    const second = createPrivateKey({
      key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
      format: 'jwk',
    })
    expect(await check(compact(header, person, second)).verdict).toEqual({ ok: false, reason: 'token_signature' })
  })
})

describe('a token that was signed here', () => {
  const [head, body] = of(person).split('.')
  /** What nobody else would believe, so that it shows who was believed. */
  const unproven = `${head}.${body}.${of(machine).split('.')[2]}`
  const here = [unproven]

  it('needs no look at its signature, byte for byte', async () => {
    expect(await check(unproven).verdict).toEqual({ ok: false, reason: 'token_signature' })
    expect(await check(unproven, { here }).verdict).toMatchObject({ ok: true })
  })

  it('leaves its `jti` to no other, which needs no look either', async () => {
    // Nobody can make such a one; so it shows that nobody looked.
    const other = of({ ...person, scope: 'openid' })
    expect(await check(other).verdict).toMatchObject({ ok: true })
    expect(await check(other, { here }).verdict).toEqual({ ok: false, reason: 'token_signature' })
    const next = of({ ...person, jti: 'next' })
    expect(await check(next, { here }).verdict).toMatchObject({ ok: true })
    expect(await check(`${head}.${body}.${next.split('.')[2]}`).verdict).toEqual({
      ok: false,
      reason: 'token_signature',
    })
  })

  it('counts for as long as any other: with its key, in its time, while nothing stands against it', async () => {
    expect(await check(unproven, { here, key: 'the next one' }).verdict).toEqual({
      ok: false,
      reason: 'token_key_unknown',
    })
    expect(await check(unproven, { here, at: now + 300 }).verdict).toEqual({ ok: false, reason: 'token_expired' })
    expect(await check(unproven, { here, live: { ...alive, revoked: true } }).verdict).toEqual(dead('token_revoked'))
    expect(await check(unproven, { here, denied: 'account_disabled' }).verdict).toEqual(dead('account_disabled'))
  })

  it('is no access token for that', async () => {
    const { typ: _typ, ...claims } = person
    const identity = of(claims, { alg: 'RS256', kid })
    expect(await check(identity, { here: [identity] }).verdict).toEqual({ ok: false, reason: 'token_type' })
  })
})

describe('a forgery that is shown again', () => {
  const [head, body = ''] = of(person).split('.')
  const forged = `${head}.${body}.${of(machine).split('.')[2]}`

  function watched() {
    let at = now
    let keys = [kid]
    let questions = 0
    const key = createPublicKey(privateKey)
    const verdictOf = createCheckAccessToken({
      issuer,
      findVerifier: (named) => (keys.includes(named) ? key : undefined),
      signedHere: createSignedHere(),
      marks: {
        async liveness() {
          questions += 1
          return alive
        },
      },
      standing: { of: () => undefined, now: async () => undefined },
      clock: () => at * 1000,
      clockTolerance: 15,
    })
    return {
      verdictOf,
      questions: () => questions,
      pass: (seconds: number) => {
        at += seconds
      },
      lose: () => {
        keys = []
      },
    }
  }

  it('is refused again, and known', async () => {
    const { verdictOf, questions } = watched()
    expect(verdictOf.knows?.(forged)).toBe(false)
    for (let times = 0; times < 3; times++)
      expect(await verdictOf(forged)).toEqual({ ok: false, reason: 'token_signature' })
    expect(verdictOf.knows?.(forged)).toBe(true)
    expect(questions()).toBe(0)
  })

  it('is answered as if it were new when its key is gone or its time is over', async () => {
    const { verdictOf, lose, pass } = watched()
    await verdictOf(forged)
    lose()
    expect(await verdictOf(forged)).toEqual({ ok: false, reason: 'token_key_unknown' })
    pass(300)
    expect(await verdictOf(forged)).toEqual({ ok: false, reason: 'token_expired' })
  })

  it('takes no place of a token that is good', async () => {
    const { verdictOf, questions } = watched()
    const good = of(person)
    for (let times = 0; times < 2; times++) await verdictOf(good)
    const chance = (index: number) => Buffer.from(String(index).padStart(8, '0')).toString('hex')
    for (let index = 0; index < 6000; index++)
      await verdictOf(`${forged.slice(0, -60)}${chance(index)}${forged.slice(-44)}`)
    expect(verdictOf.knows?.(good)).toBe(true)
    expect(await verdictOf(good)).toMatchObject({ ok: true })
    expect(questions()).toBe(3)
  })

  it('is nothing of ours when it names another issuer', async () => {
    const { verdictOf } = watched()
    const foreign = of({ ...person, iss: 'https://elsewhere.example' })
    expect(await verdictOf(foreign)).toEqual({ ok: false, reason: 'token_issuer' })
    expect(verdictOf.knows?.(foreign)).toBe(false)
  })
})

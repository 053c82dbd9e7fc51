import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { formsIn, formTo, headingIn, type Shown, send, walk } from '../support/pages.ts'
import { addLocalUser, codeOf, enrolApp, keyIn, passphrase, sendCode, signInAs } from '../support/second-factors.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const minute = 60_000
const step = 30_000

let broker: TestBroker
let client: TestClient
let names = 0

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  broker = await startTestBroker()
  client = await broker.addClient()
})
afterAll(async () => {
  vi.useRealTimers()
  await broker[Symbol.asyncDispose]()
})
// Each test has time windows of its own: failures of one do not count in the next.
beforeEach(() => void vi.setSystemTime(Date.now() + 6 * minute))

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

/** Signed in, with an app. */
async function someone(roles: readonly string[] = []) {
  names += 1
  const username = `person${names}`
  const user = await addLocalUser(broker, username, roles)
  const { visitor } = await signInAs(broker, client, username)
  const { secret, codes, page } = await enrolApp(broker, visitor, Date.now())
  pass(step)
  return { username, user, visitor, secret, codes, page }
}

const isIn = ({ url }: Shown) => url.href.startsWith(client.redirectUri) && url.searchParams.has('code')

async function tokensFrom(page: Shown, verifier: string) {
  const answer = await broker.redeem(client, page.url.searchParams.get('code') ?? '', verifier)
  return decodeJwt(((await answer.json()) as Tokens).id_token)
}

async function traceOf(page: Shown) {
  const reference = /id="reference">([^<]+)</.exec(page.text)?.[1]
  const { body } = await broker.admin('GET', `traces/${reference}`)
  return body as unknown as { outcome: string; reason: unknown; steps: { what: string }[] }
}

describe('an authenticator app', () => {
  it('that was set up already is shown to whoever sets it up again, reloads, or comes from another tab', async () => {
    const username = `person${++names}`
    await addLocalUser(broker, username)
    const { visitor } = await signInAs(broker, client, username)
    const page = await walk(visitor, `${broker.issuer}/security/totp`)
    const code = { code: codeOf(keyIn(page), Date.now()) }
    expect(headingIn(await send(visitor, page, formTo(page, '/security/totp'), code))).toBe('Your recovery codes')
    const again = await send(visitor, page, formTo(page, '/security/totp'), code)
    expect([again.url.pathname, again.status]).toEqual(['/security', 200])
    expect((await walk(visitor, `${broker.issuer}/security/totp`)).url.pathname).toBe('/security')
  })

  it('is asked for after the password, and tokens tell of both', async () => {
    const { username, secret } = await someone()
    const { visitor, page, verifier } = await signInAs(broker, client, username)
    expect([page.status, headingIn(page)]).toEqual([200, 'One more step'])
    const after = await sendCode(visitor, page, codeOf(secret, Date.now()))
    expect(isIn(after)).toBe(true)
    expect(await tokensFrom(after, verifier)).toMatchObject({
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
    })
    const { outcome, steps } = await traceOf(page)
    expect(outcome).toBe('signed_in')
    expect(steps.map(({ what }) => what)).toEqual(expect.arrayContaining(['second_factor_asked', 'second_factor']))
  })

  it('is not asked of who has none', async () => {
    await addLocalUser(broker, 'plain')
    const { page, verifier } = await signInAs(broker, client, 'plain')
    expect(isIn(page)).toBe(true)
    expect((await tokensFrom(page, verifier)).amr).toEqual(['pwd'])
  })

  it('shows a code that is good a step before and after, and no longer', async () => {
    const { username, secret } = await someone()
    for (const [off, good] of [
      [-2, false],
      [2, false],
      [-1, true],
      [1, true],
    ] as const) {
      pass(10 * step)
      const { visitor, page } = await signInAs(broker, client, username)
      const after = await sendCode(visitor, page, codeOf(secret, Date.now() + off * step))
      expect([off, isIn(after)]).toEqual([off, good])
    }
  })

  it('shows a code that counts once, whoever sends it first', async () => {
    const { username, secret } = await someone()
    const [one, other] = [await signInAs(broker, client, username), await signInAs(broker, client, username)]
    const code = codeOf(secret, Date.now())
    expect(isIn(await sendCode(one.visitor, one.page, code))).toBe(true)
    const replayed = await sendCode(other.visitor, other.page, code)
    expect([replayed.status, headingIn(replayed)]).toEqual([401, 'One more step'])
    expect(replayed.text).toContain('was used already')
    expect(await traceOf(replayed)).toMatchObject({ outcome: 'refused', reason: { code: 'second_factor_wrong' } })
    // Nor may the code that set the app up sign anybody in.
    pass(step)
    expect(isIn(await sendCode(other.visitor, replayed, code))).toBe(false)
    expect(isIn(await sendCode(other.visitor, replayed, codeOf(secret, Date.now())))).toBe(true)
  })

  it('is set up only with a code that it shows, and its key is shown to nobody afterwards', async () => {
    await addLocalUser(broker, 'careful')
    const { visitor } = await signInAs(broker, client, 'careful')
    const page = await walk(visitor, `${broker.issuer}/security/totp`)
    const wrong = await send(visitor, page, formTo(page, '/security/totp'), { code: '000000' })
    expect([wrong.status, keyIn(wrong)]).toEqual([422, keyIn(page)])
    expect(isIn((await signInAs(broker, client, 'careful')).page)).toBe(true)
    // A key that somebody else chose is none.
    const forged = { ...formTo(page, '/security/totp').fields, enrolment: 'GEZDGNBVGY3TQOJQ' }
    const refused = await send(visitor, page, { action: '/security/totp', fields: forged }, { code: '000000' })
    expect(keyIn(refused)).not.toBe('GEZDGNBVGY3TQOJQ')
    const { secret } = await enrolApp(broker, visitor, Date.now())
    expect((await walk(visitor, `${broker.issuer}/security`)).text).not.toContain(secret)
  })

  it('asks no second factor once it is removed, and its codes are worth nothing', async () => {
    const { username, visitor, codes } = await someone()
    const page = await walk(visitor, `${broker.issuer}/security`)
    const after = await send(visitor, page, formTo(page, '/security/remove'))
    expect(after.text).toContain('It is removed.')
    const again = await signInAs(broker, client, username)
    expect(isIn(again.page)).toBe(true)
    // What it was set up with again is another app: the codes on paper of before are gone with the first.
    await enrolApp(broker, visitor, Date.now())
    const third = await signInAs(broker, client, username)
    expect(isIn(await sendCode(third.visitor, third.page, codes[0] ?? ''))).toBe(false)
  })
})

describe('recovery codes', () => {
  it('that are wrong are told of as such, at their own field, in the language that was wished for', async () => {
    const { username } = await someone()
    const { visitor, page } = await signInAs(broker, client, username, { params: { ui_locales: 'de' } })
    expect(headingIn(page)).toBe('Noch ein Schritt')
    const recovery = formsIn(page).find(({ fields }) => fields.with === 'recovery')
    if (!recovery) throw new Error('no form for recovery codes')
    const wrong = await send(visitor, page, recovery, { code: 'AAAA-AAAA-AAAA-AAAA' })
    expect(wrong.status).toBe(401)
    expect(wrong.text).toContain('Dieser Wiederherstellungscode ist falsch oder wurde schon verwendet.')
    expect(wrong.text).toMatch(
      /<details class="aside" open>.*id="recovery"[^>]*recovery-help problem" aria-invalid="true" autofocus/s,
    )
    expect(wrong.text).not.toMatch(/id="code"[^>]*(aria-invalid|autofocus)/)
  })

  it('are ten, shown once, and each opens the door once', async () => {
    const { username, visitor, codes } = await someone()
    expect(codes).toHaveLength(10)
    expect((await walk(visitor, `${broker.issuer}/security`)).text).not.toContain(codes[0])
    const [one, other] = [await signInAs(broker, client, username), await signInAs(broker, client, username)]
    const [code = ''] = codes
    const typed = code.toLowerCase().replaceAll('-', ' ')
    expect(isIn(await sendCode(one.visitor, one.page, typed))).toBe(true)
    expect(isIn(await sendCode(other.visitor, other.page, code))).toBe(false)
    expect((await walk(visitor, `${broker.issuer}/security`)).text).toContain('9 recovery codes')
  })

  it('are replaced by new ones', async () => {
    const { username, visitor, codes } = await someone()
    const page = await walk(visitor, `${broker.issuer}/security`)
    const shown = await send(visitor, page, formTo(page, '/recovery-codes'))
    expect(headingIn(shown)).toBe('Your recovery codes')
    const { visitor: other, page: asked } = await signInAs(broker, client, username)
    expect(isIn(await sendCode(other, asked, codes[1] ?? ''))).toBe(false)
  })

  it('are of their user alone', async () => {
    const [ada, eve] = [await someone(), await someone()]
    const { visitor, page } = await signInAs(broker, client, ada.username)
    expect(isIn(await sendCode(visitor, page, eve.codes[0] ?? ''))).toBe(false)
    expect(isIn(await sendCode(visitor, page, codeOf(eve.secret, Date.now())))).toBe(false)
    expect(isIn(await sendCode(visitor, page, ada.codes[0] ?? ''))).toBe(true)
  })
})

describe('guessing', () => {
  it('SEC-086 is counted with the passwords, and showing the right password forgets nothing', async () => {
    const { username, secret } = await someone()
    const guess = async () => {
      const { visitor, page } = await signInAs(broker, client, username)
      return page.status === 429 ? page : sendCode(visitor, page, '000000')
    }
    const statuses: number[] = []
    for (let attempt = 0; attempt < 12; attempt += 1) statuses.push((await guess()).status)
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
    expect(statuses.slice(10)).toEqual([429, 429])
    pass(6 * minute)
    const { visitor, page } = await signInAs(broker, client, username)
    expect(isIn(await sendCode(visitor, page, codeOf(secret, Date.now())))).toBe(true)
  })

  it('is counted at the page that asks again who one is', async () => {
    const { visitor } = await someone()
    pass(11 * minute)
    await walk(visitor, `${broker.issuer}/sessions`)
    const page = await walk(visitor, `${broker.issuer}/security/confirm`)
    const statuses: number[] = []
    for (let attempt = 0; attempt < 11; attempt += 1) {
      const form = formTo(page, '/security/confirm')
      statuses.push((await send(visitor, page, form, { password: passphrase, code: '000000' })).status)
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429])
  })
})

describe('half a sign-in', () => {
  it('SEC-092 is worth nothing in another sign-in, another browser, or after the password has changed', async () => {
    const { username, user, secret } = await someone()
    const mine = await signInAs(broker, client, username)
    const note = mine.visitor.cookie(mine.page.url, 'gatehouse_halfway') ?? ''
    expect(note).not.toBe('')

    // Planted in the sign-in of somebody who knows no password.
    const thief = createVisitor()
    const door = await walk(thief, broker.authorizationUrl(client, { idp_hint: 'local' }).url)
    thief.plant(door.url, 'gatehouse_halfway', note)
    expect(headingIn(await walk(thief, door.url))).toBe('Sign in to Patient App')
    const form = { action: `${door.url.pathname}/second-step`, fields: formTo(door, '/source/local').fields }
    expect(isIn(await send(thief, door, form, { code: codeOf(secret, Date.now()) }))).toBe(false)
    // The same address without the browser's own cookie is no sign-in at all.
    expect((await walk(createVisitor(), mine.page.url)).status).toBe(400)

    await broker.admin('PATCH', `users/${user.id}`, { password: 'another long passphrase' })
    const after = await sendCode(mine.visitor, mine.page, codeOf(secret, Date.now()))
    expect([isIn(after), headingIn(after)]).toEqual([false, 'Sign in to Patient App'])
  })

  it('lasts ten minutes, and can be begun anew', async () => {
    const { username, secret } = await someone()
    const { visitor, page } = await signInAs(broker, client, username)
    expect(headingIn(await walk(visitor, page.url))).toBe('One more step')
    expect(headingIn(await walk(visitor, `${page.url.href}/again`))).toMatch(/^Sign in/)
    pass(10 * minute)
    expect(headingIn(await walk(visitor, page.url))).toMatch(/^Sign in/)
    expect(isIn(await sendCode(visitor, page, codeOf(secret, Date.now())))).toBe(false)
  })

  it('opens nothing: neither the person’s pages nor the console', async () => {
    const { username } = await someone(['admin'])
    const { visitor } = await signInAs(broker, client, username)
    expect((await walk(visitor, `${broker.issuer}/security`)).status).toBe(403)
    expect((await walk(visitor, `${broker.issuer}/sessions`)).status).toBe(403)
    expect((await walk(visitor, `${broker.issuer}/admin/`)).url.pathname).toContain('/login/')
  })
})

describe('changes of one’s own factors', () => {
  async function later(visitor: Visitor) {
    pass(11 * minute)
    return walk(visitor, `${broker.issuer}/security`)
  }

  it('want a sign-in of late, or another proof with both factors', async () => {
    const { username, visitor, secret, codes } = await someone()
    const page = await later(visitor)
    const remove = () => send(visitor, page, formTo(page, '/security/remove'))
    const asked = await remove()
    expect([asked.url.pathname, headingIn(asked)]).toEqual(['/security/confirm', 'Is it you?'])
    const form = formTo(asked, '/security/confirm')
    const prove = (more: Readonly<Record<string, string>>) => send(visitor, asked, form, more)
    expect((await prove({ password: passphrase })).status).toBe(401)
    expect((await prove({ password: 'wrong', code: codeOf(secret, Date.now()) })).status).toBe(401)
    expect(headingIn(await remove())).toBe('Is it you?')
    expect(headingIn(await prove({ password: passphrase, code: codes[0] ?? '' }))).toBe('Your sign-in security')
    expect((await remove()).text).toContain('It is removed.')
    expect(isIn((await signInAs(broker, client, username)).page)).toBe(true)
  })

  it('SEC-011 want the mark of our own page, and reach only one’s own', async () => {
    const [ada, eve] = [await someone(), await someone()]
    const own = await walk(ada.visitor, `${broker.issuer}/security`)
    const { factor = '' } = formTo(own, '/security/remove').fields
    const hers = await walk(eve.visitor, `${broker.issuer}/security`)
    const { csrf = '' } = formTo(hers, '/security/remove').fields
    const form = { action: '/security/remove', fields: { factor, csrf } }
    expect((await send(eve.visitor, hers, form)).status).toBe(404)
    expect((await send(ada.visitor, own, form)).status).toBe(403)
    const { page } = await signInAs(broker, client, ada.username)
    expect(headingIn(page)).toBe('One more step')
  })

  it('are in the audit log without anything secret', async () => {
    const { user, secret, codes } = await someone()
    const { body } = await broker.admin('GET', `events?subject_id=${user.id}`)
    const [event] = body.items as { action: string; actor: unknown; after: unknown }[]
    expect(event).toMatchObject({
      ...{ action: 'user.changed', actor: { id: user.id } },
      after: { second_factors: { authenticator_app: true, passkeys: [], recovery_codes: 10 } },
    })
    expect(JSON.stringify(body)).not.toContain(secret)
    expect(JSON.stringify(body)).not.toContain(codes[0])
  })
})

describe('administrators', () => {
  it('reset the factors of who has lost them, and only of local users', async () => {
    const { username, user, visitor } = await someone()
    expect((await broker.admin('DELETE', `users/${user.id}/second-factors`)).status).toBe(204)
    expect((await walk(visitor, `${broker.issuer}/security`)).text).toContain('Set up an app')
    expect(isIn((await signInAs(broker, client, username)).page)).toBe(true)
    expect((await broker.admin('DELETE', 'users/nobody/second-factors')).status).toBe(404)
    const { body } = await broker.admin('GET', `events?subject_id=${user.id}`)
    expect((body.items as unknown[])[0]).toMatchObject({
      before: { second_factors: { authenticator_app: true } },
      after: { second_factors: { authenticator_app: false, recovery_codes: 0 } },
    })
  })
})

describe('HTTP Basic at the gateway', () => {
  it('is refused to who has more than a password, with a reason of its own', async () => {
    const [local] = (await broker.admin('GET', 'authentication-sources?q=local')).body.items as { id: string }[]
    await broker.created('apis', {
      ...{ name: 'Old API', slug: 'old', hosts: ['old.test'], authentication_sources: [local?.id] },
    })
    await addLocalUser(broker, 'program')
    const { username } = await someone()
    const ask = (name: string) =>
      fetch(`${broker.issuer}/verify/forwarded`, {
        headers: {
          ...{ 'x-forwarded-method': 'GET', 'x-forwarded-host': 'old.test', 'x-forwarded-uri': '/' },
          authorization: `Basic ${Buffer.from(`${name}:${passphrase}`).toString('base64')}`,
        },
      })
    expect((await ask('program')).status).toBe(200)
    const refused = await ask(username)
    expect([refused.status, refused.headers.get('x-gatehouse-reason')]).toEqual([401, 'second_factor_missing'])
    expect(await ask(username).then(({ status }) => status)).toBe(401)
  })
})

describe('a test login', () => {
  it('ends for who has more than a password, and shows nothing of them', async () => {
    const { username } = await someone()
    const [local] = (await broker.admin('GET', 'authentication-sources?q=local')).body.items as { id: string }[]
    const { body: test } = await broker.admin('POST', `authentication-sources/${local?.id}/test-login`)
    const visitor = createVisitor()
    const begin = await walk(visitor, String(test.url))
    const page = await send(visitor, begin, formTo(begin, new URL(String(test.url)).pathname))
    const report = await send(visitor, page, formTo(page, '/password'), { username, password: passphrase })
    const { body } = await broker.admin('GET', `authentication-sources/test-logins/${test.id}`)
    expect(body).toMatchObject({ state: 'refused', reason: { code: 'second_factor_missing' }, result: null })
    expect(report.text).not.toContain('preferred_username')
  })
})

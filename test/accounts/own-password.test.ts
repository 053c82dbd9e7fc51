import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { formTo, headingIn, send, walk } from '../support/pages.ts'
import { createVisitor } from '../support/visitor.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startTestBroker()
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
})

const first = 'the first of the passphrases'
const second = 'another one, longer than that'

/** Somebody with a password of ours, signed in to an application. */
async function signedIn(username: string, password = first) {
  const client = await broker.addClient({})
  const visitor = createVisitor()
  const { url } = broker.authorizationUrl(client, { idp_hint: 'local' })
  const page = await walk(visitor, url)
  const { url: arrived } = await send(visitor, page, formTo(page, '/source/local'), { username, password })
  const open = (path: string) => walk(visitor, `${broker.config.issuer}${path}`)
  return { isIn: arrived.searchParams.has('code'), open, send: send.bind(null, visitor) }
}

const toldIn = (text: string) =>
  /role="alert"[^>]*>(.*?)<\/div>/s
    .exec(text)?.[1]
    ?.replaceAll(/<[^>]*>/g, '')
    .trim()

describe('people with a password that is kept here', () => {
  it('change it by the one of now, and are signed out everywhere', async () => {
    const { id } = await broker.created('users', { username: 'ada', password: first })
    const elsewhere = await signedIn('ada')
    const here = await signedIn('ada')
    expect((await here.open('/security')).text).toContain('/security/password')
    const page = await here.open('/security/password')
    const done = await here.send(page, formTo(page, '/security/password'), { current: first, password: second })
    expect([done.status, headingIn(done)]).toEqual([200, 'Your password has been changed'])
    for (const browser of [here, elsewhere]) expect((await browser.open('/security')).status).toBe(403)
    expect([(await signedIn('ada')).isIn, (await signedIn('ada', second)).isIn]).toEqual([false, true])
    const { body } = await broker.admin('GET', `events?subject_type=user&subject_id=${id}&action=user.changed`)
    expect(body.items).toMatchObject([{ actor: { kind: 'account', id } }])
    expect(JSON.stringify(body)).not.toContain(second)
  })

  it('are told that the one of now is wrong, and what is wrong with the new one', async () => {
    await broker.created('users', { username: 'grace', password: first })
    const here = await signedIn('grace')
    const page = await here.open('/security/password')
    const change = (current: string, password: string) =>
      here.send(page, formTo(page, '/security/password'), { current, password })
    const wrong = await change('something else entirely', second)
    expect([wrong.status, toldIn(wrong.text)]).toEqual([401, 'The current password is not right.'])
    for (const [password, problem] of [
      ['short', 'Must have at least 8 characters.'],
      ['password123', 'Is one of the most common passwords.'],
    ] as const) {
      const refused = await change(first, password)
      expect([refused.status, toldIn(refused.text)]).toEqual([422, problem])
    }
    expect((await here.open('/security')).status).toBe(200)
  })

  it('are not asked by another site’s form, nor guessed at without end', async () => {
    await broker.created('users', { username: 'joan', password: first })
    const here = await signedIn('joan')
    const page = await here.open('/security/password')
    const form = formTo(page, '/security/password')
    const forged = await here.send(page, { ...form, fields: {} }, { current: first, password: second })
    expect(forged.status).toBe(403)
    const statuses: number[] = []
    for (let guess = 0; guess < 12; guess += 1)
      statuses.push((await here.send(page, form, { current: `guess number ${guess}`, password: second })).status)
    expect(statuses.at(-1)).toBe(429)
  })
})

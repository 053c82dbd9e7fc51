/** What people read before and beside a sign-in is in their language as well. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { formTo, headingIn, type Shown, send, walk } from '../support/pages.ts'
import { createVisitor } from '../support/visitor.ts'

let broker: TestBroker
let client: TestClient

beforeAll(async () => {
  broker = await startTestBroker({ settings: { sign_in: { max_attempts_per_user: 1 } } })
  client = await broker.addClient()
  await broker.created('authentication-sources', {
    ...{ alias: 'partners', name: 'Partners', type: 'local', config: {}, hidden: true, domains: ['acme.com'] },
  })
})
afterAll(() => broker[Symbol.asyncDispose]())

const headers = { 'accept-language': 'de-DE,de;q=0.9', accept: 'text/html' }
const open = (address: string): Promise<Shown> => walk(createVisitor(), broker.issuer + address, { headers })

const problemIn = ({ text }: Shown) => /role="alert" id="problem">.*?<p>([^<]*)</s.exec(text)?.[1]

describe('in German', () => {
  it.each([
    ['an unknown client', '/authorize?client_id=nobody', 'client is invalid'],
    ['no client', '/authorize', 'missing required parameter &#39;client_id&#39;'],
    ['a sign-out with a hint that is none', '/logout?id_token_hint=none', 'could not decode id_token_hint'],
  ])('%s is told of, with what was found quoted for the developers', async (_, address, found) => {
    const page = await open(address)
    expect(page.text).toContain('<html lang="de"')
    expect(headingIn(page)).toBe('Die Anwendung hat eine Anfrage gesendet, die nicht ausgeführt werden kann')
    expect(page.text).toContain(`meldet: „${found}“`)
    expect(page.text).not.toMatch(/Go back|What to do/)
  })

  it('the wish of the application decides there too', async () => {
    const page = await walk(createVisitor(), `${broker.issuer}/authorize?client_id=nobody&ui_locales=de`)
    expect(page.text).toContain('<html lang="de"')
  })

  it('an address that is none has advice for people, not for administrators', async () => {
    const page = await open('/nowhere')
    expect(page.text).toContain('Prüfen Sie die Adresse, oder beginnen Sie noch einmal von der Anwendung aus.')
  })

  it('the form has a passkey’s words, an unknown address and too many attempts', async () => {
    const visitor = createVisitor()
    const page = await walk(visitor, broker.authorizationUrl(client, { ui_locales: 'de' }).url)
    expect(page.text).toContain('Mit Passkey anmelden')
    expect(page.text).not.toContain('passkey was used')

    const nowhere = await send(visitor, page, formTo(page, '/find'), { email: 'a@nowhere.example' })
    expect(problemIn(nowhere)).toBe('Für diese Adresse ist kein Weg zur Anmeldung bekannt')

    const wrong = { username: 'often', password: 'wrong' }
    let told = page
    for (let guess = 0; guess < 2; guess++) told = await send(visitor, told, formTo(told, '/source/local'), wrong)
    expect(told.status).toBe(429)
    expect(problemIn(told)).toBe('Zu viele Versuche. Warten Sie einige Minuten.')
  })
})

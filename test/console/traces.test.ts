import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consoleWords } from '#views/words/console.ts'
import { stepNames } from '../../src/traces/trace.ts'
import { startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn, referenceIn, type Shown, send, walk } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let broker: TestBroker
let upstream: Upstream
let client: TestClient
let okta: string
let person: string
/** Of somebody who typed a wrong password. */
let refused: string
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  okta = (await broker.addSource(upstream)).id
  client = await broker.addClient()
  person = String((await broker.login(client, { params: { idp_hint: 'Okta' } })).access.sub)
  const visitor = createVisitor()
  const page = await walk(visitor, broker.authorizationUrl(client, { idp_hint: 'local' }).url)
  refused = referenceIn(await send(visitor, page, formTo(page, '/source/local'), { username: 'admin', password: 'no' }))
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const referencesIn = ({ text }: Shown): readonly string[] =>
  [...text.matchAll(/href="[^"]*\/admin\/traces\/([0-9A-Z-]{11})"/g)].map(([, reference = '']) => reference)

describe('the list of traces', () => {
  it('is found by reference, person, client, source, outcome, reason and time, and by nothing that does not fit', async () => {
    const { open } = await enterConsole(broker)
    const finds = async (query: string) => referencesIn(await open(`/admin/traces?${query}`))
    const { body } = await broker.admin('GET', `traces?account_id=${person}`)
    const signedIn = (body.items as { reference: string }[]).map(({ reference }) => reference)
    expect(signedIn).toHaveLength(1)

    expect(await finds(`reference=${refused.toLowerCase()}`)).toEqual([refused])
    expect(await finds(`user=${person}`)).toEqual(signedIn)
    expect(await finds('user=klomp')).toEqual(signedIn)
    expect(await finds(`client=${client.id}`)).toEqual([refused, ...signedIn])
    expect(await finds('source=Okta')).toEqual(signedIn)
    expect(await finds(`source=${okta}&outcome=refused`)).toEqual([])
    expect(await finds('reason=bad_credentials')).toEqual([refused])
    expect(await finds(`client=${client.id}&from=2100-01-01T00:00`)).toEqual([])
    expect(await finds(`client=${client.id}&until=2100-01-01T00:00`)).toHaveLength(2)
    expect(await finds('user=nobody+at+all')).toEqual([])
  })

  it('asks which person is meant where several fit', async () => {
    for (const username of ['smith-1', 'smith-2'])
      await broker.created('users', { username, name: `Smith ${username}` })
    const { open } = await enterConsole(broker)
    const page = await open('/admin/traces?user=smith')
    expect(page.text).toContain('More than one person fits smith')
    expect(page.text).toContain('Smith smith-2')
    expect(referencesIn(page)).toEqual([])
  })
})

describe('one trace', () => {
  it('says why, what to do about it, and what happened when', async () => {
    const { open } = await enterConsole(broker)
    const page = await open(`/admin/traces/${refused.toLowerCase()}`)
    expect(headingIn(page)).toBe(`Trace ${refused}`)
    expect(page.text).toContain('<code>bad_credentials</code>')
    expect(page.text).toContain('an administrator can set a new password')
    expect(page.text).toContain('+0.0 s')
    expect(page.text).toContain(`href="/admin/traces?client=${client.id}"`)
  })

  it('has what the source sent, what became of it, and no value of a claim', async () => {
    const { open } = await enterConsole(broker)
    const [reference] = referencesIn(await open(`/admin/traces?user=${person}`))
    const { text } = await open(`/admin/traces/${reference}`)
    expect(text).toContain('Turned into claims, groups and roles')
    expect(text).toMatch(/<dt><code>email<\/code><\/dt><dd><bdi>string of \d+ characters/)
    expect(text).not.toContain(String(rene.email))
  })

  it('is not there under a reference that nobody was shown', async () => {
    const { open } = await enterConsole(broker)
    expect((await open('/admin/traces/000-000-000')).status).toBe(404)
  })
})

it('forgets the traces of one person, and says so in the events', async () => {
  const { open, send: sendForm } = await enterConsole(broker)
  const page = await open(`/admin/traces/of/${person}/erase`)
  expect(page.text).toContain('1 trace goes.')
  const sent = await sendForm(page, '/erase')
  expect(sent.text).toContain('1 trace is forgotten.')
  expect((await broker.admin('GET', `traces?account_id=${person}`)).body.items).toEqual([])
  const { body } = await broker.admin('GET', 'events?action=traces.erased')
  expect((body.items as { actor: { kind: string } }[]).map(({ actor }) => actor.kind)).toEqual(['account'])
})

it.each(['en', 'de'] as const)('every step of a trace has its words (%s)', (lang) => {
  expect(Object.keys(consoleWords(lang).traces.what).sort()).toEqual([...stepNames].sort())
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { addLocalUser, enrolApp, signInAs } from '../support/second-factors.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broker: TestBroker
let upstream: Upstream
let client: TestClient
let ownId: string
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  await broker.addSource(upstream)
  client = await broker.addClient()
  ownId = await idOf('Administrator')
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

async function idOf(name: string): Promise<string> {
  const { body } = await broker.admin('GET', `users?q=${encodeURIComponent(name)}`)
  return (body.items as { readonly id: string }[])[0]?.id ?? 'nobody'
}

const login = () => broker.login(client, { params: { idp_hint: 'Okta' } })

describe('sessions', () => {
  it('are found by person, source and client, and one is ended with its tokens', async () => {
    const { tokens } = await login()
    const other = await login()
    const id = await idOf('Rene')
    const { open, send } = await enterConsole(broker)
    expect((await open('/admin/sessions?q=rene')).text).toContain('Rene Klomp')
    expect((await open('/admin/sessions?q=nobody')).text).toContain('No session fits')
    expect((await open('/admin/sessions?client=gatehouse-console')).text).not.toContain('Rene Klomp')
    expect((await open(`/admin/sessions?client=${client.id}`)).text).toContain('Rene Klomp')

    const person = await open(`/admin/people/${id}`)
    const ends = [...person.text.matchAll(/href="([^"]*\/sessions\/[^"]*\/end)"/g)].map(([, href]) => href ?? '')
    expect(ends).toHaveLength(2)
    // The newest stands first.
    const page = await open(ends[1] ?? '')
    expect(page.text).toContain('1 application loses it')
    const sent = await send(page, '/end')
    expect(sent.text).toContain('A session of Rene Klomp has ended.')
    expect((await broker.userinfo(tokens.access_token)).status).toBe(401)
    expect((await broker.userinfo(other.tokens.access_token)).status).toBe(200)

    const all = await open(`/admin/people/${id}/end-sessions`)
    expect((await send(all, '/end-sessions')).text).toContain('1 session of Rene Klomp ended.')
    expect((await broker.userinfo(other.tokens.access_token)).status).toBe(401)
  })
})

describe('a local user', () => {
  it('is added with a password that is shown once and works, and gets another', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open('/admin/people/add')
    const added = await send(page, '/people/add', {
      ...{ username: 'grace', name: 'Grace Hopper', email: 'grace@acme.com', authentication_source: 'local' },
      ...{ 'roles.0.name': 'viewer', 'roles.0.client': 'gatehouse', groups: 'Staff' },
    })
    const passwordIn = ({ text }: { readonly text: string }) => /id="password">([^<]+)</.exec(text)?.[1] ?? 'none'
    const first = passwordIn(added)
    const signedIn = async (password: string) =>
      headingIn((await enterConsole(broker, '/admin/', { username: 'grace', password })).page) === 'Overview'
    expect(await signedIn(first)).toBe(true)

    const id = await idOf('grace')
    expect((await open(`/admin/people/${id}`)).text).not.toContain(first)
    const reset = await open(`/admin/people/${id}/password`)
    const second = passwordIn(await send(reset, '/password', { password: '' }))
    expect([await signedIn(first), await signedIn(second)]).toEqual([false, true])
    const chosen = await send(await open(`/admin/people/${id}/password`), '/password', { password: 'short' })
    expect([chosen.status, chosen.text.includes('at least 8 characters')]).toEqual([422, true])
  })

  it('who only looks is not offered changes, and may not make them', async () => {
    await broker.created('users', {
      ...{ username: 'looker', password: administratorPassword, roles: [{ name: 'viewer', client: 'gatehouse' }] },
    })
    const { open } = await enterConsole(broker, '/admin/', { username: 'looker', password: administratorPassword })
    expect((await open(`/admin/people/${ownId}`)).text).not.toContain('Danger zone')
    for (const address of [`people/${ownId}/disable`, 'people/add', 'keys/rotate', 'add-client'])
      expect((await open(`/admin/${address}`)).status, address).toBe(403)
  })
})

describe('an administrator', () => {
  it('cannot switch off or remove their own account, whatever is sent', async () => {
    const { open, visitor } = await enterConsole(broker)
    for (const what of ['disable', 'remove']) {
      const page = await open(`/admin/people/${ownId}/${what}`)
      expect(page.text).toContain('This is your own account')
      const { fields } = formTo(page, `/${what}`)
      const form = new URLSearchParams({ ...fields, typed_name: 'Administrator' })
      expect((await visitor.request(page.url, { method: 'POST', body: form })).status).toBe(409)
    }
    expect((await broker.admin('GET', `users/${ownId}`)).body.enabled).toBe(true)
  })

  it('cannot take the role admin from themselves', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open(`/admin/people/${ownId}/edit`)
    const sent = await send(page, '/edit', { username: 'admin', name: 'Administrator', 'roles.0.name': 'nurse' })
    expect([sent.status, sent.text.includes('take the role admin of gatehouse from yourself')]).toEqual([422, true])
    const kept = await send(page, '/edit', {
      ...{ username: 'admin', name: 'Administrator', 'roles.0.name': 'admin', 'roles.0.client': 'gatehouse' },
      'roles.1.name': 'nurse',
    })
    expect(kept.text).toContain('Administrator is saved.')
  })

  it('switches somebody else off, unlinks them, and erases their traces, told who is affected first', async () => {
    const { tokens } = await login()
    const id = await idOf('Rene')
    const { open, send } = await enterConsole(broker)
    const disable = await open(`/admin/people/${id}/disable`)
    expect(disable.text).toContain('1 session ends at once.')
    await send(disable, '/disable')
    expect((await broker.userinfo(tokens.access_token)).status).toBe(401)
    const person = await open(`/admin/people/${id}`)
    await send(person, '/enable')

    expect((await send(await open(`/admin/people/${id}/erase-traces`), '/erase-traces')).text).toMatch(
      /\d+ traces? of Rene Klomp erased/,
    )
    const unlink = /href="([^"]*\/unlink\/[^"]*)"/.exec(person.text)?.[1] ?? ''
    const page = await open(unlink)
    expect(page.text).toContain('It is the last one')
    await send(page, unlink)
    expect((await broker.admin('GET', `users/${id}`)).body.identities).toEqual([])
  })
})

describe('second factors', () => {
  it('are told of local users, and removed for somebody who has lost them', async () => {
    const { id } = await addLocalUser(broker, 'ada')
    const { visitor } = await signInAs(broker, client, 'ada')
    const { open, send } = await enterConsole(broker)
    const none = await open(`/admin/people/${id}`)
    expect(none.text).toContain('<dt>Second factors</dt><dd>none</dd>')
    expect(none.text).not.toContain('/second-factors"')

    await enrolApp(broker, visitor, Date.now())
    const page = await open(`/admin/people/${id}`)
    expect(page.text).toMatch(/<dt>Second factors<\/dt><dd>authenticator app, \d+ recovery codes left<\/dd>/)
    const confirm = await open(/href="([^"]+\/second-factors)"/.exec(page.text)?.[1] ?? 'none')
    expect(headingIn(confirm)).toBe('Remove the second factors of ada')
    const after = await send(confirm, '/second-factors')
    expect(after.text).toContain('ada has no second factors any more.')
    expect(after.text).toContain('<dt>Second factors</dt><dd>none</dd>')
    const again = await signInAs(broker, client, 'ada')
    expect(again.page.url.hostname).toBe('app.example')
  })

  it('of one’s own account are not removed here', async () => {
    const { open, send } = await enterConsole(broker)
    const own = await open(`/admin/people/${ownId}/second-factors`)
    expect(own.text).toContain('This is your own account: remove your own at')
    expect(own.text).not.toContain('class="button danger"')
    expect((await send(own, '/second-factors')).status).toBe(409)
  })
})

/** A whole login with a password, as a test: the real way, of which nothing is written but the test and who began it. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, startTestBroker, type TestBroker } from '../support/broker.ts'
import { formTo, headingIn, type Shown, send, walk } from '../support/pages.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

// `password`, hashed with other parameters than are used now: a login would hash it anew.
const outdated = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
const password = 'password'

let folder: string
let broker: TestBroker
let source: Json & { id: string }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-login-'))
  broker = await startTestBroker({
    database: `sqlite:${join(folder, 'a.db')}`,
    keys: [randomBytes(32)],
    settings: { sign_in: { max_attempts_per_user: 3 } },
  })
  source = await broker.created('authentication-sources', {
    ...{ alias: 'staff', name: 'Staff', type: 'local', enabled: false },
    mapping: { groups: { claim: 'groups' }, roles: [{ when_group: 'Nurses', role: 'nurse' }] },
  })
  for (const username of ['rene', 'john'])
    await broker.created('users', {
      ...{ authentication_source: 'staff', username, password: 'another long password', groups: ['Nurses'] },
      name: username,
    })
  using database = new DatabaseSync(join(folder, 'a.db'))
  database.prepare('update local_users set password_hash = ?').run(outdated)
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const begin = async (body: Json = {}) => {
  const { status, body: link } = await broker.admin('POST', `authentication-sources/${source.id}/test-login`, body)
  expect([status, link]).toEqual([201, expect.objectContaining({ url: expect.any(String) })])
  return { id: String(link.id), url: String(link.url) }
}
const report = async (id: string) => (await broker.admin('GET', `authentication-sources/test-logins/${id}`)).body
const stepsOf = async (id: string) => ((await report(id)).steps as Json[]).map(({ what }) => what)

/** Opens the link and stands before the form. */
async function open(url: string, visitor: Visitor): Promise<Shown> {
  const page = await walk(visitor, url)
  return send(visitor, page, formTo(page, new URL(url).pathname), {})
}
const type = (visitor: Visitor, page: Shown, username: string, password: string) =>
  send(visitor, page, formTo(page, '/password'), { username, password })

/** Every row of every table, but for the tests themselves, who began them, and when the clock was last read. */
function everything(): Json {
  using database = new DatabaseSync(join(folder, 'a.db'), { readOnly: true })
  const tables = database.prepare("select name from sqlite_schema where type = 'table' order by name").all()
  return Object.fromEntries(
    tables
      .map(({ name }) => String(name))
      .filter((name) => name !== 'audit_events' && !name.includes('_pieces'))
      .map((name) => [
        name,
        database
          .prepare(`select * from ${name}`)
          .all()
          .filter((row) => !(name === 'artifacts' && row.kind === 'TestLogin'))
          .filter((row) => !(name === 'registry_meta' && row.name === 'time')),
      ]),
  )
}

describe('a test login with a password', () => {
  it('shows each step and what would come of it, and leaves every other row as it was', async () => {
    const { id, url } = await begin()
    const before = everything()
    const visitor = createVisitor()
    const form = await open(url, visitor)
    expect(headingIn(form)).toContain('Staff')
    expect(await report(id)).toMatchObject({ state: 'opened', steps: [] })
    const page = await type(visitor, form, 'Rene', password)
    expect(page.text).toContain('This sign-in would succeed.')
    expect(page.text).toContain('The password was right')
    expect(await report(id)).toMatchObject({
      state: 'succeeded',
      result: {
        mapped: { groups: ['Nurses'], roles: [{ name: 'nurse', client: null }] },
        tokens: { access_token: { preferred_username: 'rene', groups: ['Nurses'], acr: '1' } },
      },
    })
    expect(await stepsOf(id)).toEqual(['proven', 'mapped', 'succeeded'])
    expect(everything()).toEqual(before)
    expect(JSON.stringify(before)).toContain(outdated)
    expect(page.text + JSON.stringify(await report(id))).not.toMatch(/argon2|eyJ[\w-]{10,}/)
  })

  it('can be tried again after a wrong password, which is told on the form and in the report', async () => {
    const { id, url } = await begin()
    const visitor = createVisitor()
    const wrong = await type(visitor, await open(url, visitor), 'rene', 'guess')
    expect([wrong.status, wrong.text]).toEqual([401, expect.stringContaining('value="rene"')])
    expect(wrong.text).not.toContain('guess')
    expect(await report(id)).toMatchObject({ state: 'opened' })
    await type(visitor, wrong, 'rene', password)
    expect(await stepsOf(id)).toEqual(['wrong_password', 'proven', 'mapped', 'succeeded'])
  })

  it('says of each API whether it would let the person in, by the roles they have there, as the gateway does', async () => {
    const audience = 'https://wards.example'
    const users = await broker.admin('GET', 'users?q=rene')
    const [person] = users.body.items as (Json & { id: string })[]
    const roles = ['clerk', { name: 'keeper', client: audience }, { name: 'keeper', client: 'labs' }]
    await broker.admin('PATCH', `users/${person?.id}`, { roles })
    const own = { source: source.id, roles: [{ when_group: 'Nurses', role: 'here' }], sunset: null }
    const apis = {
      wards: { audience, required_roles: ['keeper'] },
      labs: { required_roles: ['keeper'] },
      desk: { required_roles: ['clerk'] },
      ours: { required_roles: ['here'], authentication_sources: [own] },
      theirs: { required_roles: ['clerk'], authentication_sources: [own] },
      vault: { required_acr: ['gold'] },
      shed: { required_acr: ['1'] },
    }
    const made = await Promise.all(
      Object.entries(apis).map(([slug, more]) => broker.created('apis', { slug, name: slug, ...more })),
    )
    const { id, url } = await begin()
    const visitor = createVisitor()
    await type(visitor, await open(url, visitor), 'rene', password)
    const shown = ((await report(id)).result as Json).apis as Json[]
    expect(Object.fromEntries(shown.map(({ name, because }) => [name, because]))).toEqual({
      ...{ wards: [], labs: ['It wants one of the roles keeper.'], desk: [], ours: [] },
      ...{ theirs: ['It wants one of the roles clerk.'], shed: [] },
      vault: ['It wants one of the levels of assurance gold.'],
    })
    for (const api of made) await broker.admin('DELETE', `apis/${api.id}`)
    await broker.admin('PATCH', `users/${person?.id}`, { roles: [] })
  })

  it('says of somebody who is switched off that they would not be let in', async () => {
    const [john] = (await broker.admin('GET', 'users?q=john')).body.items as (Json & { id: string })[]
    await broker.admin('PATCH', `users/${john?.id}`, { enabled: false })
    const { id, url } = await begin()
    const visitor = createVisitor()
    await type(visitor, await open(url, visitor), 'john', password)
    expect(await report(id)).toMatchObject({ state: 'refused', reason: { code: 'account_disabled' } })
  })

  it('is nothing in another browser, nor for a form from elsewhere, and is over once it has ended', async () => {
    const { id, url } = await begin()
    const visitor = createVisitor()
    const form = await open(url, visitor)
    expect((await walk(createVisitor(), form.url)).status).toBe(404)
    const forged = await visitor.request(form.url, {
      method: 'POST',
      body: new URLSearchParams({ csrf: 'x', username: 'rene', password }),
    })
    expect(forged.status).toBe(403)
    expect(await report(id)).toMatchObject({ state: 'opened' })
    await type(visitor, form, 'rene', password)
    const again = await type(visitor, form, 'rene', 'guess')
    expect(again.text).toContain('This sign-in would succeed.')
    expect((await walk(visitor, form.url)).url.pathname).toMatch(/\/report$/)
  })

  it('SEC-083 counts wrong passwords with those at the sign-in page: no link is a way to guess', async () => {
    await broker.admin('PATCH', `authentication-sources/${source.id}`, { enabled: true })
    const guesses = async () => {
      const { id, url } = await begin()
      const visitor = createVisitor()
      let page = await open(url, visitor)
      for (let n = 0; n < 2; n++) page = await type(visitor, page, 'victim', `guess ${n}`)
      return { id, visitor, page }
    }
    await guesses()
    const { id, visitor, page } = await guesses()
    expect(page.url.pathname).toMatch(/\/report$/)
    expect(await report(id)).toMatchObject({ state: 'refused', reason: { code: 'too_many_attempts' } })
    expect((await walk(visitor, page.url)).text).toContain('too_many_attempts')
  })
})

it('is not for sources that nobody signs in through', async () => {
  const draft = { alias: 'm2m', name: 'M2M', type: 'jwt', config: { issuer: 'https://issuer.example' } }
  const { status, body } = await broker.admin('POST', 'authentication-sources/test-login', { source: draft })
  expect([status, body.errors]).toEqual([400, [{ path: 'source.type', message: expect.any(String) }]])
})

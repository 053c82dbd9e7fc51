import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startTestBroker({ settings: { signing_keys: { published_before: 1 } } })
})
afterAll(() => broker[Symbol.asyncDispose]())

describe('portals', () => {
  it('are told how to name APIs where there is none to choose', async () => {
    const { open } = await enterConsole(broker)
    expect((await open('/admin/portals/add')).text).toContain('By their ids')
  })

  it('are added, changed and removed', async () => {
    const address = { slug: 'patients', audience: 'https://patients.example' }
    const api = await broker.created('apis', { name: 'Patient API', ...address })
    const sources = (await broker.admin('GET', 'authentication-sources')).body.items as { readonly id: string }[]
    const { open, send } = await enterConsole(broker)
    const page = await open('/admin/portals/add')
    expect(page.text).not.toContain('By their ids')
    const input = { slug: 'devs', name: 'Developers', authentication_source: sources[0]?.id ?? '', apis: api.id }
    const added = await send(page, '/portals/add', { ...input, required_roles: 'developer\nfriend' })
    expect(added.text).toContain('Developers is added.')
    const id = added.url.pathname.split('/').at(-1)
    const { body } = await broker.admin('GET', `portals/${id}`)
    expect(body).toMatchObject({ apis: [api.id], required_roles: ['developer', 'friend'] })
    await send(await open(`/admin/portals/${id}/edit`), '/edit', { ...input, name: 'Engineers' })
    const leave = await open(`/admin/portals/${id}/remove`)
    expect(leave.text).toContain('Patient API')
    expect((await send(leave, '/remove')).text).toContain('Engineers is removed.')
  })
})

describe('roles', () => {
  it('say who has them, gives them and asks for them, and go when nothing names them', async () => {
    const user = await broker.created('users', { username: 'nina', name: 'Nina Nurse', roles: ['nurse'] })
    const source = await broker.created('authentication-sources', {
      ...{ alias: 'ward', name: 'Ward', type: 'oidc', enabled: false, mapping: { roles: [{ role: 'nurse' }] } },
      config: { issuer: 'https://ward.example', client_id: 'gatehouse', client_secret: 'change me' },
    })
    const audience = 'https://rounds.example'
    const rounds = await broker.created('apis', {
      name: 'Rounds API',
      slug: 'rounds',
      audience,
      required_roles: ['nurse'],
    })
    await broker.created('apis', { name: 'Other API', slug: 'other', audience: 'https://o.example' })
    const { open, send } = await enterConsole(broker)
    const list = await open('/admin/roles?q=nurse')
    const path = /href="([^"]*\/roles\/[0-9a-f-]{36})"/.exec(list.text)?.[1] ?? ''
    const page = await open(path)
    for (const name of ['Nina Nurse', 'Ward', 'Rounds API']) expect(page.text).toContain(name)
    expect(page.text).not.toContain('Other API')
    expect((await open(`${path}/remove`)).text).toContain('It cannot be removed while somebody has it')

    await broker.admin('DELETE', `users/${user.id}`)
    await broker.admin('PATCH', `authentication-sources/${source.id}`, { mapping: { roles: [] } })
    const kept = await open(`${path}/remove`)
    expect(kept.text).toMatch(new RegExp(`href="[^"]*/apis/${rounds.id}"[^>]*><bdi>Rounds API`))
    expect(kept.text).not.toContain('<button class="button danger"')
    expect((await open(path)).text).toContain('<button type="button" class="button danger" disabled>')

    await broker.admin('PATCH', `apis/${rounds.id}`, { required_roles: [] })
    const leave = await open(`${path}/remove`)
    expect((await send(leave, '/remove')).text).toContain('nurse is removed.')
  })

  it('that open the console stay', async () => {
    const { open } = await enterConsole(broker)
    const list = await open('/admin/roles?q=admin')
    const path = /href="([^"]*\/roles\/[0-9a-f-]{36})"/.exec(list.text)?.[1] ?? ''
    const { text } = await open(`${path}/remove`)
    expect(text).toContain('It opens this console')
    expect(text).not.toContain('<button class="button danger"')
  })
})

describe('signing keys', () => {
  it('are revoked when the word is typed, and what they signed counts no more', async () => {
    const before = (await broker.admin('GET', 'signing-keys')).body.items as { kid: string; state: string }[]
    const kid = before.find(({ state }) => state === 'active')?.kid ?? 'none'
    const token = await broker.adminToken()
    const { open, send } = await enterConsole(broker)
    expect((await open('/admin/keys')).text).toContain(kid)
    const page = await open(`/admin/keys/${kid}/revoke`)
    expect(page.text).toContain('Applications with a refresh token get new tokens')
    const unsure = await send(page, '/revoke', { typed_name: 'yes' })
    expect(unsure.status).toBe(422)
    const path = `${broker.config.issuer}/admin/api/v1/signing-keys`
    const ask = async () => (await fetch(path, { headers: { authorization: `Bearer ${token}` } })).status
    expect(await ask()).toBe(200)
    const sent = await send(page, '/revoke', { typed_name: 'revoke' })
    expect(await ask()).toBe(401)
    expect([sent.status, sent.text.includes('is revoked.')]).toEqual([200, true])
  })
})

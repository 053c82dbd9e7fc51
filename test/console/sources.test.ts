import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn } from '../support/pages.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broker: TestBroker
let upstream: Upstream
let id: string
beforeAll(async () => {
  upstream = await startUpstream({ users: {} })
  broker = await startTestBroker()
  id = (await broker.addSource(upstream, { description: 'Staff', domains: ['acme.com'] })).id
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

describe('the list of sources', () => {
  it('finds by name, alias and domain, and narrows by type', async () => {
    const { open } = await enterConsole(broker)
    const shows = async (query: string) => (await open(`/admin/sources?${query}`)).text.includes('Corporate Okta')
    const found = { name: 'q=corp', alias: 'q=okta', domain: 'q=acme', type: 'type=oidc', on: 'enabled=true' }
    const missed = { name: 'q=nobody', type: 'type=local', on: 'enabled=false' }
    for (const query of Object.values(found)) expect(await shows(query), query).toBe(true)
    for (const query of Object.values(missed)) expect(await shows(query), query).toBe(false)
  })
})

describe('editing a source', () => {
  it('keeps a secret that is left empty, and says who did it', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open(`/admin/sources/${id}/edit`)
    expect(page.text).not.toContain(String(upstream.config.client_secret))
    const sent = await send(page, '/edit', fieldsOf(page, { description: 'Everybody' }))
    expect([sent.url.pathname, sent.text.includes('Corporate Okta is saved.')]).toEqual([`/admin/sources/${id}`, true])
    expect(sent.text).toContain('Administrator')
    const { body } = await broker.admin('GET', `authentication-sources/${id}`)
    expect(body.description).toBe('Everybody')
    expect((await broker.admin('POST', `authentication-sources/${id}/test`)).body).toEqual({ ok: true })
  })

  it('shows what is wrong at its field, and loses nothing', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open(`/admin/sources/${id}/edit`)
    const sent = await send(
      page,
      '/edit',
      fieldsOf(page, { name: '', 'config.issuer': 'nonsense', description: 'Kept' }),
    )
    expect([sent.status, headingIn(sent)]).toEqual([422, 'Edit Corporate Okta'])
    expect(sent.text).toContain('href="#field-config-issuer"')
    expect(sent.text).toContain('id="field-name-wrong"')
    expect(sent.text).toContain('Kept')
  })

  it('shows both when somebody else has saved meanwhile', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open(`/admin/sources/${id}/edit`)
    await broker.admin('PATCH', `authentication-sources/${id}`, { description: 'Theirs' })
    const sent = await send(page, '/edit', fieldsOf(page, { description: 'Mine' }))
    expect(sent.status).toBe(412)
    expect(sent.text).toMatch(/Mine/)
    expect(sent.text).toMatch(/Saved now: <bdi>Theirs<\/bdi>/)
    const again = await send(sent, '/edit', fieldsOf(sent, { description: 'Mine' }))
    expect(again.status).toBe(200)
    expect((await broker.admin('GET', `authentication-sources/${id}`)).body.description).toBe('Mine')
  })

  it('changes the mapping by rows', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open(`/admin/sources/${id}/mapping`)
    const sent = await send(page, '/mapping', {
      ...formTo(page, '/mapping').fields,
      'mapping.attributes': 'department = org.unit\nteam=team',
      'mapping.groups.claim': 'groups',
      'mapping.groups.filter': 'Staff|Nurses',
      'mapping.roles.0.when_group': 'Nurses',
      'mapping.roles.0.role': 'nurse',
      'mapping.trust_email': 'on',
    })
    expect(sent.status).toBe(200)
    expect((await broker.admin('GET', `authentication-sources/${id}`)).body.mapping).toEqual({
      attributes: { department: 'org.unit', team: 'team' },
      groups: { claim: 'groups', filter: 'Staff|Nurses' },
      roles: [{ when_group: 'Nurses', role: 'nurse' }],
      trust_email: true,
    })
  })
})

describe('removing a source', () => {
  it('is not possible while an API uses it, and says which', async () => {
    const source = await broker.created('authentication-sources', {
      alias: 'used',
      name: 'Used',
      type: 'local',
      hidden: true,
    })
    await broker.created('apis', {
      name: 'Patient API',
      slug: 'patients',
      audience: 'https://patients',
      authentication_sources: [source.id],
    })
    const { open } = await enterConsole(broker)
    const list = await open('/admin/sources')
    expect(list.text).toContain('In use: who uses Used')
    const page = await open(`/admin/sources/${source.id}/remove`)
    expect(page.text).toContain('Patient API')
    expect(page.text).not.toContain('name="typed_name"')
  })
})

/** What a browser would send of the form as it is, and what a person changes in it. */
function fieldsOf(page: { readonly text: string }, changes: Readonly<Record<string, string>>) {
  const form = /<form class="form".*?<\/form>/s.exec(page.text)?.[0] ?? ''
  const texts = [...form.matchAll(/<input type="(?:text|url|password)"[^>]*? name="([^"]*)"[^>]*? value="([^"]*)"/g)]
  const areas = [...form.matchAll(/<textarea[^>]*? name="([^"]*)"[^>]*>\n?([^<]*)</g)]
  const checks = [...form.matchAll(/<input type="checkbox"[^>]*? name="([^"]*)"[^>]*? value="on" checked/g)].map(
    ([all, name]) => [all, name, 'on'] as const,
  )
  const choices = [...form.matchAll(/<select[^>]*? name="([^"]*)".*?<option value="([^"]*)" selected/gs)]
  const entries = [...texts, ...areas, ...checks, ...choices].map(([, name = '', value = '']) => [name, value])
  return { ...Object.fromEntries(entries), ...changes }
}

describe('the source that an administrator came through', () => {
  it('is neither switched off nor removed by them', async () => {
    const { open, send } = await enterConsole(broker)
    const { body } = await broker.admin('GET', 'authentication-sources?q=local')
    const [local] = body.items as { id: string; alias: string }[]
    for (const [action, more] of [
      ['disable', {}],
      ['remove', { typed_name: local?.alias ?? '' }],
    ] as const) {
      const sent = await send(await open(`/admin/sources/${local?.id}/${action}`), `/${action}`, more)
      expect(sent.text, action).toContain('you lock yourself out')
    }
    expect((await broker.admin('GET', `authentication-sources/${local?.id}`)).body.enabled).toBe(true)
  })
})

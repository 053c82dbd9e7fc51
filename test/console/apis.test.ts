import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formsIn, headingIn, type Shown, send as sendForm, walk } from '../support/pages.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broker: TestBroker
let upstream: Upstream
let okta: string
let client: TestClient
let tokens: Readonly<Record<'rene' | 'john', string>>
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene, john } })
  broker = await startTestBroker()
  okta = (await broker.addSource(upstream)).id
  client = await broker.addClient({ client_name: 'Patient App' })
  const login = async (who: 'rene' | 'john') => {
    upstream.signInAs(who)
    return (await broker.login(client, { params: { idp_hint: 'Okta' } })).tokens.access_token
  }
  tokens = { rene: await login('rene'), john: await login('john') }
}, 60_000)
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const plain = ({ text }: Shown) =>
  text
    .replaceAll(/<(script|style)[^>]*>.*?<\/\1>|<[^>]*>/gs, ' ')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll(/\s+/g, ' ')

describe('an API', () => {
  const whole = {
    ...{ name: 'Laboratory', slug: 'laboratory', hosts: ['lab.example.com'], path_prefix: '/results' },
    ...{ audience: 'https://lab.example.com/results', require_api_key: true, key_must_match_token: true },
    ...{ required_scopes: ['openid'], required_roles: ['reader'], required_groups: ['Staff', 'CN=A,OU=B'] },
    claims: [
      { claim: 'department', match: 'any', values: ['R&D', 'Care'] },
      { claim: 'level', match: 'exact', values: [3, 'a,b'] },
    ],
    mask: [{ json_path: '$..ssn', unless_group: 'Staff', unless_role: null, with: '' }],
    ...{ sender_constraint: 'mtls', required_acr: ['urn:strong'], max_auth_age: 600 },
    ...{ rate_limit: { requests: 60, window: 30, by: 'user' }, identity_headers: ['subject', 'groups'] },
    enforcement: 'report',
  }

  it('is as it was when its form is sent as it is shown', async () => {
    const sources = [
      { source: okta, roles: [{ when_group: 'Staff', role: 'reader' }], sunset: '2030-01-01T00:00:00.000Z' },
    ]
    const { id, ...made } = await broker.created('apis', {
      ...{ ...whole, clients: [client.id], authentication_sources: sources },
    })
    const { page, visitor } = await enterConsole(broker, `/admin/apis/${id}/edit`)
    const csrf = formsIn(page).find(({ action }) => action.endsWith('/edit'))?.fields ?? {}
    const body = new URLSearchParams({ ...csrf, ...fieldsOf(page) })
    for (const [, name = '', value = ''] of page.text.matchAll(
      /type="checkbox" name="([^"]*)" value="([^"]*)" checked/g,
    ))
      body.append(name, value)
    const sent = await walk(visitor, page.url, { method: 'POST', body })
    expect([sent.status, headingIn(sent)]).toEqual([200, 'Laboratory'])
    const { body: kept } = await broker.admin('GET', `apis/${id}`)
    expect({ ...kept, updated_at: undefined }).toEqual({ ...made, id, updated_at: undefined })
  })

  it('is added with a form, and says in plain words who may call it', async () => {
    const { page, send } = await enterConsole(broker, '/admin/apis/add')
    const sent = await send(page, '/apis/add', {
      ...fieldsOf(page),
      ...{ name: 'Pharmacy', slug: 'pharmacy', hosts: 'pharmacy.example.com', path_prefix: '/', clients: client.id },
      ...{ 'authentication_sources.0.source': 'Okta', 'source_roles.0.source': 'Okta', 'source_roles.0.role': 'guest' },
      ...{ required_groups: 'Staff', 'claims.0.claim': 'level', 'claims.0.values': '[1, 2]' },
    })
    expect(headingIn(sent)).toBe('Pharmacy')
    const text = plain(sent)
    for (const words of [
      'Corporate Okta – is guest here',
      'The caller is in one of the groups Staff.',
      'The claim level has one of 1, 2.',
      'Their token is one of an entitled client’s own.',
      `Patient App ${client.id} named here`,
    ])
      expect(text).toContain(words)
  })

  it('keeps what was entered when further rows are asked for, and saves nothing', async () => {
    const { page, send, open } = await enterConsole(broker, '/admin/apis/add')
    const rows = (shown: Shown) => [...shown.text.matchAll(/name="claims\.\d+\.claim"/g)].length
    const more = await send(page, '/apis/add', {
      ...fieldsOf(page),
      ...{ name: 'Unfinished', 'claims.0.claim': 'department', intent: 'more:claims' },
    })
    expect([more.status, rows(more) - rows(page)]).toEqual([200, 3])
    expect(more.text).toContain('value="Unfinished"')
    expect(more.text).toContain('value="department"')
    expect((await open('/admin/apis?q=unfinished')).text).toContain('No API fits')
  })

  it('says at its field what is wrong, and which row names a source that is not there', async () => {
    const { page, send } = await enterConsole(broker, '/admin/apis/add')
    const wrong = await send(page, '/apis/add', {
      ...fieldsOf(page),
      ...{ name: 'Wrong', slug: 'Wrong', 'rate_limit.requests': '60' },
    })
    expect(wrong.status).toBe(422)
    expect(wrong.text).toContain('id="field-slug-wrong"')
    expect(wrong.text).toContain('id="field-rate_limit-window-wrong"')
    const stray = await send(page, '/apis/add', {
      ...{ ...fieldsOf(page), name: 'Stray', slug: 'stray' },
      ...{ 'source_roles.0.source': 'Okta', 'source_roles.0.role': 'guest' },
    })
    expect(stray.text).toContain('id="field-source_roles-0-source-wrong"')
  })

  it('cannot be removed while a client stands for it, to which the page leads', async () => {
    const { id } = await broker.created('apis', { name: 'Asked for', slug: 'asked-for' })
    const machine = { client_name: 'Reverse proxy', grant_types: ['client_credentials'] }
    const { client_id } = await broker.created('clients', { ...machine, resource_server: { apis: [id] } })
    await broker.admin('PATCH', `apis/${id}`, { clients: [client_id] })
    const { page, open } = await enterConsole(broker, `/admin/apis/${id}/remove`)
    expect(plain(page)).toContain('1 client stands for it: Reverse proxy')
    expect(page.text).toContain(`href="/admin/clients/${client_id}"`)
    expect(page.text).not.toContain('name="typed_name"')
    expect((await open(`/admin/clients/${client_id}/remove`)).text).toContain(`href="/admin/apis/${id}"`)
    await broker.admin('PATCH', `clients/${client_id}`, { resource_server: null })
    expect((await open(`/admin/apis/${id}/remove`)).text).toContain('name="typed_name"')
  })

  it('cannot be removed while a key opens it, and says so; and is removed with its slug typed', async () => {
    const { id } = await broker.created('apis', { name: 'Leaving', slug: 'leaving' })
    const application = await broker.created('applications', { name: 'Ward round' })
    const key = await broker.created(`applications/${application.id}/api-keys`, { api_id: id })
    const { page, send, open } = await enterConsole(broker, `/admin/apis/${id}/remove`)
    expect(plain(page)).toContain('1 key opens it.')
    expect(page.text).not.toContain('name="typed_name"')
    expect(plain(await open(`/admin/apis/${id}`))).toContain(`Ward round ${application.id}:OPENID has 1 key`)
    await broker.admin('DELETE', `applications/${application.id}/api-keys/${key.id}`)
    const free = await open(`/admin/apis/${id}/remove`)
    expect((await send(free, '/remove', { typed_name: 'Leaving' })).status).toBe(422)
    expect((await send(free, '/remove', { typed_name: 'leaving' })).text).toContain('Leaving is removed.')
  })
})

describe('check access as', () => {
  let api: string
  beforeAll(async () => {
    const made = await broker.created('apis', {
      ...{ name: 'Records', slug: 'records', hosts: ['records.example.com'], authentication_sources: [okta] },
      ...{ clients: [client.id], required_groups: ['Staff'] },
    })
    api = made.id
  })

  /** What the gateway itself says. */
  const reasonFor = async (token: string) => {
    const { headers } = await fetch(`${broker.config.issuer}/verify/forwarded`, {
      headers: {
        ...{ 'x-forwarded-method': 'GET', 'x-forwarded-host': 'records.example.com', 'x-forwarded-uri': '/' },
        authorization: `Bearer ${token}`,
      },
    })
    return headers.get('x-gatehouse-reason')
  }
  const steps = (shown: Shown) =>
    [...shown.text.matchAll(/<li class="(passes|refused|open)">/g)].map(([, outcome]) => outcome)

  it('says of a person what the gateway says of their token', async () => {
    const { page, open } = await enterConsole(broker, `/admin/apis/${api}/access?user=Rene&client=${client.id}`)
    expect(plain(page)).toContain('Rene Klomp through Patient App would not pass at Records.')
    expect(await reasonFor(tokens.rene)).toBe('group_missing')
    expect(plain(page)).toContain('403 group_missing')
    expect(steps(page)).toEqual(['passes', 'passes', 'passes', 'refused'])
    const other = await open(`/admin/apis/${api}/access?user=john&client=patient`)
    expect(await reasonFor(tokens.john)).toBe(null)
    expect(plain(other)).toContain('John Doe through Patient App would pass at Records.')
    expect(steps(other)).toEqual(['passes', 'passes', 'passes', 'passes'])
  })

  it('says it of a token that is pasted', async () => {
    const { page, visitor } = await enterConsole(broker, `/admin/apis/${api}/access`)
    const send = (token: string) => sendForm(visitor, page, tokenForm(page), { token })
    const refused = await send(`Authorization: Bearer ${tokens.rene}`)
    expect(plain(refused)).toContain('403 group_missing')
    expect(plain(await send(tokens.john))).toContain('would pass at Records')
    const forged = await send(`${tokens.john.slice(0, -6)}AAAAAA`)
    expect(plain(forged)).toContain('401 token_signature')
    expect(steps(forged)).toEqual(['refused', 'open', 'open', 'open'])
  })

  it('tells a client that is not entitled, a source that is not taken, and somebody who is switched off', async () => {
    const { open } = await enterConsole(broker)
    const other = await broker.addClient({ client_name: 'Other App' })
    const shown = await open(`/admin/apis/${api}/access?user=john&client=${other.id}`)
    expect([plain(shown).includes('401 token_audience'), steps(shown)]).toEqual([
      true,
      ['passes', 'refused', 'open', 'open'],
    ])
    const local = await open(`/admin/apis/${api}/access?user=admin&client=${client.id}`)
    expect([plain(local).includes('403 api_source_not_accepted'), steps(local)]).toEqual([
      true,
      ['passes', 'passes', 'refused', 'open'],
    ])
    await broker.admin('PATCH', `clients/${other.id}`, { enabled: false })
    expect(plain(await open(`/admin/apis/${api}/access?user=john&client=${other.id}`))).toContain('401 client_disabled')
  })

  it('knows that an API with an audience and without clients is for every client that asks for it', async () => {
    const audience = 'https://everybody.example.com'
    const { id } = await broker.created('apis', {
      ...{ name: 'Everybody', slug: 'everybody', audience, hosts: ['everybody.example.com'] },
    })
    const machine = await broker.addClient({
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })
    const form = { grant_type: 'client_credentials', resource: audience }
    const granted = await broker.post('/token', form, basic(machine))
    expect(granted.status, 'the issuer gives it one').toBe(200)
    const { open } = await enterConsole(broker)
    expect(plain(await open(`/admin/apis/${id}/access?client=${machine.id}`))).toContain('would pass at Everybody.')
    expect(plain(await open(`/admin/apis/${id}`))).not.toContain('No client')
  })

  it('looks at the key of the application, notes no use, and counts no call', async () => {
    const application = await broker.created('applications', { name: 'Keyed App' })
    const limited = await broker.created('apis', {
      ...{ name: 'Keyed', slug: 'keyed', require_api_key: true, rate_limit: { requests: 1, window: 3600 } },
    })
    const { open } = await enterConsole(broker)
    const path = `/admin/apis/${limited.id}/access?client=${application.id}:OPENID`
    const without = await open(path)
    expect(plain(without)).toContain('401 token_audience')
    await broker.created(`applications/${application.id}/api-keys`, { api_id: limited.id })
    for (let time = 0; time < 3; time++) expect(plain(await open(path))).toContain('Keyed App would pass at Keyed.')
    const { body } = await broker.admin('GET', `applications/${application.id}/api-keys`)
    expect(body.items).toMatchObject([{ last_used_at: null }])
    await broker.admin('PATCH', `applications/${application.id}`, { disabled_by_consumer: true })
    expect(plain(await open(path))).toContain('client_disabled')
  })

  it('asks which, where several have the name, and says when nobody has', async () => {
    const { open } = await enterConsole(broker)
    const which = plain(await open(`/admin/apis/${api}/access?user=acme.test&client=nowhere`))
    expect(which).toContain('No client is called nowhere.')
    const several = plain(await open(`/admin/apis/${api}/access?user=e&client=${client.id}`))
    expect(several).toContain('Which user?')
    expect(plain(await open(`/admin/apis/${api}/access?user=nobody&client=${client.id}`))).toContain(
      'Nobody is called nobody.',
    )
  })

  it('takes a token of the client for itself', async () => {
    const machine = await broker.addClient({
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })
    const granted = await broker.post('/token', { grant_type: 'client_credentials' }, basic(machine))
    const { access_token: token } = (await granted.json()) as { access_token: string }
    const { page, visitor } = await enterConsole(broker, `/admin/apis/${api}/access?client=${machine.id}`)
    const said = await reasonFor(token)
    expect(plain(page)).toContain(`401 ${said}`)
    expect(plain(await sendForm(visitor, page, tokenForm(page), { token }))).toContain(`401 ${said}`)
  })
})

/** The other form on the page asks with its address. */
const tokenForm = (page: Shown) => {
  const form = formsIn(page).find(({ action, fields }) => action.endsWith('/access') && fields.csrf)
  if (!form) throw new Error('The page has no form for a token')
  return form
}

/** What a browser would send of the form as it is. */
function fieldsOf(page: Shown): Readonly<Record<string, string>> {
  const form = /<form class="form".*?<\/form>/s.exec(page.text)?.[0] ?? ''
  const unescaped = (text: string) => text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
  const entries = [
    ...form.matchAll(/<input type="(?:text|url|password)"[^>]*? name="([^"]*)"[^>]*? value="([^"]*)"/g),
    ...form.matchAll(/<textarea[^>]*? name="([^"]*)"[^>]*>\n?([^<]*)</g),
    ...[...form.matchAll(/<input type="checkbox"[^>]*? name="([^"]*)"[^>]*? value="on" checked/g)].map(
      ([all, name]) => [all, name, 'on'] as const,
    ),
    ...[...form.matchAll(/<select[^>]*? name="([^"]*)"[^>]*>(.*?)<\/select>/gs)].map(([all, name, inside = '']) => {
      const chosen = /<option value="([^"]*)" selected/.exec(inside) ?? /<option value="([^"]*)"/.exec(inside)
      return [all, name, chosen?.[1] ?? ''] as const
    }),
  ]
  return Object.fromEntries(entries.map(([, name = '', value = '']) => [name, unescaped(value)]))
}

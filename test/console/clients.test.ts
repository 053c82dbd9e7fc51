import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broker: TestBroker
let upstream: Upstream
let sourceId: string
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  sourceId = (await broker.addSource(upstream)).id
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Whether the client proves itself by the secret. */
async function counts(id: string, secret: string): Promise<boolean> {
  const answer = await broker.post('/introspect', { token: 'none' }, basic({ id, secret }))
  return answer.status !== 401
}

const secretIn = ({ text }: { readonly text: string }) => /id="client-secret">([^<]+)</.exec(text)?.[1] ?? 'none'

describe('the list of clients', () => {
  it('narrows by kind as the kind is shown, and finds by name and by client ID', async () => {
    const machine = { grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [] }
    const kinds: Readonly<Record<string, object>> = {
      web: {},
      single_page: { token_endpoint_auth_method: 'none' },
      native: { application_type: 'native', redirect_uris: ['com.example.app:/callback'] },
      machine,
      resource_server: { ...machine, grant_types: [], resource_server: { apis: '*' } },
    }
    for (const [kind, more] of Object.entries(kinds))
      await broker.addClient({ client_id: `of-kind-${kind}`, client_name: `"authorization_code" ${kind}`, ...more })
    const { open } = await enterConsole(broker)
    for (const kind of Object.keys(kinds)) {
      const { text } = await open(`/admin/clients?q=of-kind&kind=${kind}`)
      expect([...text.matchAll(/<code>of-kind-(\w+)<\/code>/g)].map(([, found]) => found)).toEqual([kind])
    }
    expect((await open('/admin/clients?q=nobody')).text).toContain('No client fits')
  })
})

describe('adding a client', () => {
  it('begins with what the kind needs, and shows the secret once', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open('/admin/add-client?kind=web')
    const sent = await send(page, '/add-client', {
      ...{ client_id: 'added', client_name: 'Added app', redirect_uris: 'https://added.example/callback' },
      ...{ first_party: 'on', require_pkce: 'on', grant_types: 'authorization_code', allowed_sources: sourceId },
      ...{ application_type: 'web', token_endpoint_auth_method: 'client_secret_basic', token_profile: 'broker' },
    })
    expect(headingIn(sent)).toBe('Added app')
    expect(await counts('added', secretIn(sent))).toBe(true)
    expect((await open('/admin/clients/added')).text).not.toContain(secretIn(sent))
    const { body } = await broker.admin('GET', 'clients/added')
    expect(body).toMatchObject({
      allowed_sources: [sourceId],
      grant_types: ['authorization_code'],
      resource_server: null,
    })
  })

  it('says at the field what is missing, and does not take any source together with one', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open('/admin/add-client?kind=single_page')
    const given = { token_endpoint_auth_method: 'none', require_pkce: 'on', grant_types: 'authorization_code' }
    const sent = await send(page, '/add-client', { ...given, allowed_sources: '*' })
    expect([sent.status, headingIn(sent)]).toEqual([422, 'Add client: Single-page app'])
    expect(sent.text).toContain('id="field-redirect_uris-wrong"')
  })
})

describe('editing a client', () => {
  it('leaves what the form does not ask for, and never opens a client that no source may use', async () => {
    const client = await broker.addClient({ client_id: 'closed', allowed_sources: [], enabled: false })
    const { open, send } = await enterConsole(broker)
    const page = await open(`/admin/clients/${client.id}/edit`)
    await send(page, '/edit', {
      ...{ client_name: 'Closed', redirect_uris: 'https://app.example/callback', require_pkce: 'on' },
      ...{ grant_types: 'authorization_code', token_profile: 'rfc9068', application_type: 'web' },
      token_endpoint_auth_method: 'client_secret_post',
    })
    const { body } = await broker.admin('GET', 'clients/closed')
    expect(body).toMatchObject({ allowed_sources: [], enabled: false, token_profile: 'rfc9068', client_name: 'Closed' })
  })
})

describe("a client's secret", () => {
  it('is rotated with an overlap in which both count, or with none', async () => {
    const client = await broker.addClient({ client_id: 'rotating' })
    const { open, send } = await enterConsole(broker)
    const first = await send(await open('/admin/clients/rotating/secret'), '/secret', { overlap: '3600' })
    const second = secretIn(first)
    expect([await counts(client.id, client.secret), await counts(client.id, second)]).toEqual([true, true])
    expect((await open('/admin/clients/rotating')).text).toContain('good until')
    const third = secretIn(await send(await open('/admin/clients/rotating/secret'), '/secret', { overlap: '0' }))
    expect([await counts(client.id, second), await counts(client.id, third)]).toEqual([false, true])
  })

  it('of the configuration is not rotated here', async () => {
    const { open } = await enterConsole(broker)
    const { text } = await open('/admin/clients/automation/secret')
    expect(text).toContain('Its secret is set in the configuration')
    expect(text).not.toContain('name="overlap"')
  })
})

describe('removing a client', () => {
  it('shows who is affected first, wants the name typed, and then removes it', async () => {
    const client = await broker.addClient({ client_id: 'leaving', client_name: 'Leaving app' })
    const address = { slug: 'leaving-api', audience: 'https://leaving.example', clients: [client.id] }
    const api = await broker.created('apis', { name: 'Patient API', ...address })
    await broker.login(client, { params: { idp_hint: 'Okta' } })
    const { open, send } = await enterConsole(broker)
    for (const path of ['/admin/clients/leaving', '/admin/clients/leaving/remove']) {
      const kept = await open(path)
      expect(kept.text).toContain('It cannot be removed while an API names it.')
      expect(kept.text).toMatch(new RegExp(`href="[^"]*/apis/${api.id}"[^>]*><bdi>Patient API`))
      expect(kept.text).not.toMatch(/<(a|button) class="button danger"[^>]*>Remove/)
    }
    expect((await open('/admin/clients/leaving/disable')).text).toMatch(/It calls 1 API: .*Patient API/)

    await broker.admin('PATCH', `apis/${api.id}`, { clients: [] })
    const page = await open('/admin/clients/leaving/remove')
    expect(page.text).toContain('1 session loses this application')
    expect(page.text).toContain('No API names it.')
    const unsure = await send(page, '/remove', { typed_name: 'something else' })
    expect(unsure.status).toBe(422)
    const sent = await send(page, '/remove', { typed_name: 'leaving' })
    expect(sent.text).toContain('Leaving app is removed.')
    expect((await broker.admin('GET', 'clients/leaving')).status).toBe(404)
  })
})

describe("the console's own client", () => {
  it('is neither switched off nor removed, whatever is sent', async () => {
    const { open, visitor } = await enterConsole(broker)
    for (const what of ['disable', 'remove']) {
      const page = await open(`/admin/clients/gatehouse-console/${what}`)
      expect(page.text).toContain('It is built in')
      expect(page.text).not.toContain('name="typed_name"')
      const { fields } = formTo(page, `/gatehouse-console/${what}`)
      const form = new URLSearchParams({ ...fields, typed_name: 'gatehouse-console' })
      const answer = await visitor.request(page.url, { method: 'POST', body: form })
      expect(answer.status).toBe(409)
    }
    expect((await broker.admin('GET', 'clients/gatehouse-console')).body.enabled).toBe(true)
  })

  it('is not closed to the source that its administrator has come through', async () => {
    const { open, send } = await enterConsole(broker)
    const page = await open('/admin/clients/gatehouse-console/edit')
    const sent = await send(page, '/edit', { allowed_sources: sourceId })
    expect(sent.status).toBe(422)
    expect(sent.text).toContain('you lock yourself out')
    expect((await broker.admin('GET', 'clients/gatehouse-console')).body.allowed_sources).toBeNull()
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn, type Shown } from '../support/pages.ts'

let broker: TestBroker
let api: string
beforeAll(async () => {
  broker = await startTestBroker()
  const { id } = await broker.created('apis', { name: 'Patient API', slug: 'patients', hosts: ['api.example.com'] })
  api = id
})
afterAll(() => broker[Symbol.asyncDispose]())

const textOf = ({ text }: Shown, id: string) => new RegExp(`id="${id}">([^<]*)<`).exec(text)?.[1] ?? 'nothing'
/** What the gateway has against the call; `null`: nothing. */
const reasonFor = (token: string, key: string) =>
  fetch(`${broker.config.issuer}/verify/forwarded`, {
    headers: {
      ...{ 'x-forwarded-method': 'GET', 'x-forwarded-host': 'api.example.com', 'x-forwarded-uri': '/' },
      ...{ authorization: `Bearer ${token}`, 'x-api-key': key },
    },
  }).then(({ headers }) => headers.get('x-gatehouse-reason'))

describe('applications', () => {
  it('are added with a client whose secret is shown once and works', async () => {
    const { page, send, open } = await enterConsole(broker, '/admin/applications/add')
    const made = await send(page, '/add', {
      ...{ name: 'Nightly report', description: 'Counts patients', application_type: 'web' },
      ...{ 'owner.name': 'Ada Lovelace', 'owner.email': 'ada@acme.com' },
    })
    expect(headingIn(made)).toBe('Nightly report is added')
    const [id, secret] = [textOf(made, 'client-id'), textOf(made, 'client-secret')]
    const granted = await broker.post('/token', { grant_type: 'client_credentials' }, basic({ id, secret }))
    expect(granted.status).toBe(200)
    const own = await open(`/admin/applications/${id.split(':')[0]}`)
    expect(own.text).toContain('Ada Lovelace')
    expect(own.text).toContain('Application added')
    expect(own.text).not.toContain(secret)
  })

  it('say at its field what is wrong, and that somebody else has saved', async () => {
    const { id } = await broker.created('applications', { name: 'Edited' })
    const { page, send } = await enterConsole(broker, `/admin/applications/${id}/edit`)
    const wrong = await send(page, '/edit', { name: 'Edited', application_type: 'web', redirect_uris: 'nonsense' })
    expect([wrong.status, wrong.text.includes('href="#field-redirect_uris"')]).toEqual([422, true])
    await broker.admin('PATCH', `applications/${id}`, { description: 'Theirs' })
    const late = await send(page, '/edit', { name: 'Edited', application_type: 'web', description: 'Mine' })
    expect([late.status, late.text.includes('Saved now: <bdi>Theirs</bdi>')]).toEqual([412, true])
  })

  it('are found by name, and shown page by page', async () => {
    const { open } = await enterConsole(broker)
    await broker.created('applications', { name: 'Findable' })
    expect((await open('/admin/applications?q=findab')).text).toContain('Findable')
    expect((await open('/admin/applications?q=nobody')).text).toContain('No application fits')
    for (let count = 0; count < 50; count++) await broker.created('applications', { name: `Many ${count}` })
    const first = await open('/admin/applications?q=many')
    expect(first.text).toContain('Many 49')
    await broker.created('applications', { name: 'Many more' })
    const next = /href="([^"]*)" rel="next"/.exec((await open('/admin/applications?q=many')).text)?.[1] ?? ''
    expect((await open(next.replaceAll('&#38;', '&'))).text).toContain('Many more')
  })

  it('rotate their client’s secret with an overlap', async () => {
    const { id, client } = await broker.created('applications', { name: 'Rotated' })
    const { page, send } = await enterConsole(broker, `/admin/applications/${id}/secret`)
    const rotated = await send(page, '/secret', { overlap_seconds: '3600' })
    const former = (client as { client_secret: string }).client_secret
    for (const secret of [former, textOf(rotated, 'client-secret')]) {
      const credentials = {
        authorization: `Basic ${btoa(`${encodeURIComponent(`${id}:OPENID`)}:${encodeURIComponent(secret)}`)}`,
      }
      expect((await broker.post('/token', { grant_type: 'client_credentials' }, credentials)).status).toBe(200)
    }
  })

  it('are switched off by each side for itself, after who is affected', async () => {
    const { id } = await broker.created('applications', { name: 'Switched' })
    await broker.created(`applications/${id}/api-keys`, { api_id: api })
    const { page, send, open } = await enterConsole(broker, `/admin/applications/${id}/disable/publisher`)
    expect(page.text).toContain('1 key stops working, for 1 API.')
    expect(page.text).toContain('It can no longer call Patient API.')
    await send(page, '/disable/publisher')
    const other = await open(`/admin/applications/${id}/disable/consumer`)
    const off = await send(other, '/disable/consumer')
    expect(off.text).toContain('switched off by publisher and owner')
    expect((await broker.admin('GET', `applications/${id}`)).body).toMatchObject({
      ...{ disabled_by_publisher: true, disabled_by_consumer: true },
    })
    const half = await send(off, '/enable/publisher')
    expect(half.text).toContain('Switched stays off: the other side has switched it off as well.')
    const on = await send(half, '/enable/consumer')
    expect(on.text).toContain('Switched is switched on.')
  })

  it('are removed with their name typed', async () => {
    const { id } = await broker.created('applications', { name: 'Leaving' })
    const { page, send } = await enterConsole(broker, `/admin/applications/${id}/remove`)
    expect((await send(page, '/remove', { typed_name: 'Living' })).status).toBe(422)
    expect((await send(page, '/remove', { typed_name: 'Leaving' })).text).toContain('Leaving is removed.')
    expect((await broker.admin('GET', `applications/${id}`)).status).toBe(404)
  })
})

describe('API keys', () => {
  it('are made for one API, shown once, rotated with an overlap and revoked', async () => {
    const { id } = await broker.created('applications', { name: 'Keyed' })
    await broker.admin('PATCH', `apis/${api}`, { require_api_key: true })
    const { page, send, open } = await enterConsole(broker, `/admin/applications/${id}/keys/make`)
    const made = await send(page, '/keys/make', { api_id: 'patients', name: 'production', expires_at: '90' })
    const key = textOf(made, 'api-key')
    expect(key).toMatch(/^gh_[0-9A-Za-z]{12}_/)
    const prefix = key.slice(0, 15)
    const list = await open(`/admin/applications/${id}`)
    expect(list.text).toContain(prefix)
    expect(list.text).not.toContain(key)
    const rotate = new RegExp(`href="([^"]*/rotate)" aria-label="Rotate ${prefix}"`).exec(list.text)?.[1] ?? ''
    const rotated = await send(await open(rotate), '/rotate', { overlap_seconds: '3600', expires_at: 'same' })
    const next = textOf(rotated, 'api-key')
    expect(rotated.text).toContain('The one before is good until')
    const keys = (await broker.admin('GET', `applications/${id}/api-keys`)).body.items as { expires_at: string }[]
    const left = keys.map(({ expires_at }) => Math.round((Date.parse(expires_at) - Date.now()) / 3_600_000))
    expect(left).toEqual([1, 90 * 24])

    const revoke = rotate.replace(/rotate$/, 'revoke')
    const asked = await open(revoke)
    expect(asked.text).toContain('It was never used.')
    expect((await send(asked, '/revoke')).status).toBe(422)
    const revoked = await send(asked, '/revoke', { typed_name: prefix })
    expect(revoked.text).toContain(`${prefix} is revoked.`)
    const client = await broker.addClient({
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })
    await broker.admin('PATCH', `apis/${api}`, { clients: [client.id] })
    const granted = await broker.post('/token', { grant_type: 'client_credentials' }, basic(client))
    const { access_token: token } = (await granted.json()) as { access_token: string }
    expect(await reasonFor(token, key)).toBe('api_key_unknown')
    expect(await reasonFor(token, next)).toBe(null)
  })

  it('say at the field that there is no such API, and that a day is past', async () => {
    const { id } = await broker.created('applications', { name: 'Wrong' })
    const { page, send } = await enterConsole(broker, `/admin/applications/${id}/keys/make`)
    const nowhere = await send(page, '/keys/make', { api_id: 'nowhere', expires_at: '30' })
    expect(nowhere.text).toContain('There is no API of this name')
    const past = await send(page, '/keys/make', { api_id: 'patients', expires_at: '30', until: '2020-01-01' })
    expect([past.status, past.text.includes('Must lie in the future')]).toEqual([422, true])
    expect(past.text).toMatch(/<input[^>]*name="until"[^>]*aria-invalid="true"/)
    expect(past.text).not.toMatch(/<select[^>]*name="expires_at"[^>]*aria-invalid/)
  })
})

it('whoever may only look sees no button that changes anything', async () => {
  await broker.created('users', {
    username: 'vera',
    password: 'a long enough password',
    roles: [{ name: 'viewer', client: 'gatehouse' }],
  })
  const { id } = await broker.created('applications', { name: 'Looked at' })
  const { page, open } = await enterConsole(broker, `/admin/applications/${id}`, {
    ...{ username: 'vera', password: 'a long enough password' },
  })
  expect(headingIn(page)).toBe('Looked at')
  for (const word of ['Make a key', 'Switch off as publisher', 'Rotate the secret'])
    expect(page.text).not.toContain(word)
  expect((await open(`/admin/applications/${id}/remove`)).status).toBe(403)
  expect(() => formTo(page, '/enable/publisher')).toThrow()
})

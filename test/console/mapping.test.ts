import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broker: TestBroker
let upstream: Upstream
let id: string
let at: string
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  id = (await broker.addSource(upstream)).id
  at = `/admin/sources/${id}/mapping`
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const claims = { sub: 'u1', name: 'Ada Lovelace', title: 'Doctor', groups: ['Staff', 'Everyone', 7], odd: 'x' }

/** What the preview shows, without markup. */
const previewIn = (text: string): string =>
  (/id="preview"[^>]*>(.*)<\/fieldset>/s.exec(text)?.[1] ?? '').replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

async function preview(changes: Readonly<Record<string, string>>) {
  const { open, send } = await enterConsole(broker)
  const page = await open(at)
  const sent = await send(page, '/mapping', {
    ...formTo(page, '/mapping').fields,
    ...{ 'mapping.groups.claim': 'groups', 'mapping.groups.filter': '.*', sample: JSON.stringify(claims) },
    ...{ intent: 'preview', ...changes },
  })
  return { sent, shown: previewIn(sent.text) }
}

const kept = async () => (await broker.admin('GET', `authentication-sources/${id}`)).body

describe('the preview of a mapping', () => {
  it('shows what the token would say, marks what changes, and saves nothing', async () => {
    const before = await kept()
    const { sent, shown } = await preview({
      'mapping.attributes': 'job = title',
      'mapping.groups.filter': 'Staff',
      'mapping.roles.0.when_group': 'Staff',
      'mapping.roles.0.role': 'nurse',
    })
    expect(sent.status).toBe(200)
    expect(shown).toMatch(/groups changed Staff As saved: Staff, Everyone/)
    expect(shown).toMatch(/roles new nurse/)
    expect(shown).toMatch(/job new Doctor/)
    expect(shown).toMatch(/ name Ada Lovelace/)
    expect(await kept()).toEqual(before)
  })

  it('strikes what does not get into the token, with why', async () => {
    const { sent, shown } = await preview({ 'mapping.groups.filter': 'Staff' })
    expect(shown).toMatch(/groups\.2 number Dropped: the value is of another type/)
    expect(shown).toMatch(/Everyone the filter of groups does not let it through/)
    expect(shown).toMatch(/odd changes nothing in the token/)
    expect(sent.text).toContain('<s><bdi>Everyone</bdi></s>')
  })

  it('tells the size of the token that the broker would write', async () => {
    const bytes = ({ shown }: { readonly shown: string }) =>
      Number(/Access token: ([\d,]+) of at most/.exec(shown)?.[1]?.replaceAll(',', ''))
    const [small, large] = [await preview({}), await preview({ 'mapping.attributes': 'odd = odd' })]
    expect(bytes(small)).toBeGreaterThan(1000)
    expect(bytes(large) - bytes(small)).toBe(Math.ceil(('"odd":"x",'.length * 4) / 3))
  })

  it('says at its field that a regular expression is none, and loses nothing', async () => {
    const { sent, shown } = await preview({ 'mapping.groups.filter': 'Staff(', 'mapping.attributes': 'job = title' })
    expect(sent.status).toBe(422)
    expect(sent.text).toMatch(/id="field-mapping-groups-filter-wrong".*?Is not an RE2 regular expression/s)
    expect(sent.text).toContain('job = title')
    expect(sent.text).toContain('Ada Lovelace')
    expect(shown).toContain('There is no preview until this is corrected')
  })

  it('says when what is pasted is no object', async () => {
    const { sent } = await preview({ sample: '["a"]' })
    expect(sent.status).toBe(422)
    expect(sent.text).toMatch(/id="field-sample-wrong".*?This is not a JSON object/s)
    expect(sent.text).toContain('href="#field-sample"')
  })

  it('begins with what the source said at the last sign-in', async () => {
    const client = await broker.addClient({ client_name: 'Patient App' })
    await broker.login(client, { params: { idp_hint: 'Okta' } })
    const { open } = await enterConsole(broker)
    const page = await open(at)
    expect(page.text).toContain('From the sign-in')
    expect(page.text).toContain(`&#34;preferred_username&#34;: &#34;${rene.preferred_username}&#34;`)
    expect(previewIn(page.text)).toMatch(/preferred_username /)
  })
})

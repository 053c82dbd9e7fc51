/** Groups that did not come as they should: never silently none (row 82); and mappings that nobody can turn against us (row 83). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { type Graph, startGraph } from '../support/graph.ts'
import { headingIn, referenceIn, walk } from '../support/pages.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let broker: TestBroker
let upstream: Upstream
let graph: Graph
let client: TestClient
const callbacks: unknown[] = []
let asking: Json & { id: string }
const person = {
  department: 'R&D',
  sub: 'entra|grace',
  name: 'Grace',
  groups: ['Staff'],
  _claim_names: {},
  _claim_sources: {},
  hasgroups: false,
}
const pointer = {
  groups: undefined,
  _claim_names: { groups: 'src1' },
  _claim_sources: { src1: { endpoint: 'http://127.0.0.1:1/users/grace/getMemberObjects' } },
}
beforeAll(async () => {
  upstream = await startUpstream({ users: { grace: person } })
  graph = await startGraph(['Staff', 'Consultant'])
  broker = await startTestBroker()
  const mapping = { roles: [{ when_group: 'Consultant', role: 'consultant' }] }
  const source = await broker.addSource(upstream, { alias: 'Entra', mapping })
  asking = await broker.addSource(upstream, {
    ...{ alias: 'Graph', name: 'With Graph', mapping },
    config: { group_overage: 'microsoft_graph', microsoft_graph: graph.url },
  })
  callbacks.push(source.callback_url, asking.callback_url)
  upstream.register({ callbackUrls: callbacks.map(String) })
  client = await broker.addClient()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await graph?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const says = (claims: Json) => upstream.change('grace', { ...person, ...claims })
const tries = (idp_hint: string) => walk(createVisitor(), broker.authorizationUrl(client, { idp_hint }).url)
const traceOf = async (reference: string): Promise<Json> => (await broker.admin('GET', `traces/${reference}`)).body
async function newestTrace() {
  const { body } = await broker.admin('GET', 'traces?limit=1')
  return (body.items as (Json & { steps: { what: string; detail: Json }[] })[])[0]
}
const droppedIn = async () => (await newestTrace())?.steps.find(({ what }) => what === 'mapped')?.detail.dropped

describe('SEC-082 groups that did not come as they should', () => {
  it.each([
    ['a distributed claim', pointer],
    ['a distributed claim beside an empty list', { ...pointer, groups: [] }],
    ['the mark of the implicit flow', { groups: undefined, hasgroups: true }],
    ['the same mark as text', { groups: undefined, hasgroups: 'true' }],
  ])('SEC-082 are refused visibly when there is %s in their place', async (_, claims) => {
    says(claims)
    const page = await tries('Entra')
    expect([page.status, headingIn(page)]).toEqual([403, 'Your groups could not be read'])
    const trace = await traceOf(referenceIn(page))
    expect(trace).toMatchObject({ outcome: 'refused', reason: { code: 'groups_overage', fix: expect.any(String) } })
    expect(graph.asked).toEqual([])
  })

  it.each([
    ['a number', 7, [{ path: 'groups', reason: 'wrong_type', value: 'number' }]],
    ['an object', { a: 1 }, [{ path: 'groups', reason: 'wrong_type', value: 'object' }]],
    ['null', null, [{ path: 'groups', reason: 'null', value: 'null' }]],
    ['objects in a list', [{ name: 'Staff' }], [{ path: 'groups.0', reason: 'wrong_type', value: 'object' }]],
    [
      'a name of two lines',
      ['Staff\nAdmins'],
      [{ path: 'groups.0', reason: 'control_characters', value: expect.any(String) }],
    ],
    [
      'more than may be kept',
      Array.from({ length: 2500 }, (_, n) => `g${n}`),
      [{ path: 'groups', reason: 'too_many', value: expect.stringContaining('1500') }],
    ],
  ])('SEC-082 say in the trace what became of them: %s', async (_, groups, dropped) => {
    says({ groups })
    await tries('Entra').catch(() => {})
    expect(await droppedIn()).toEqual(dropped)
  })

  it('SEC-082 are refused visibly when there are so many that the token is no longer read', async () => {
    says({ groups: Array.from({ length: 5000 }, (_, n) => `group ${n}`) })
    const page = await tries('Entra')
    expect(page.status).toBe(502)
    expect(JSON.stringify(await traceOf(referenceIn(page)))).toContain('larger than 32 KiB: have it name fewer groups')
  })

  it('SEC-082 are fetched from Microsoft Graph where the source says so, with the token of the person and nobody else’s address', async () => {
    says(pointer)
    const { access } = await broker.login(client, { params: { idp_hint: 'Graph' } })
    expect(access.groups).toEqual(['Staff', 'Consultant'])
    expect(access.realm_access).toEqual({ roles: ['consultant'] })
    expect(graph.asked).toEqual([
      {
        path: 'POST /v1.0/me/getMemberObjects',
        authorization: expect.stringMatching(/^Bearer \S{20,}/),
        body: { securityEnabledOnly: true },
      },
    ])
    says({ groups: ['Staff'] })
    await broker.login(client, { params: { idp_hint: 'Graph' } })
    expect(graph.asked).toHaveLength(1)
  })

  it.each([
    ['refuses', 403, { error: { code: 'Authorization_RequestDenied' } }, 403, 'groups_unreadable'],
    ['answers nonsense', 200, { value: [{ id: 'x' }] }, 403, 'groups_unreadable'],
    ['is out of order', 503, {}, 503, undefined],
    ['is asked too often', 429, {}, 503, undefined],
  ])('SEC-082 are never taken for none when Graph %s', async (_, status, body, shown, reason) => {
    says(pointer)
    graph.answer(status, body)
    const page = await tries('Graph')
    graph.answer(200, { value: [] })
    expect(page.status).toBe(shown)
    const trace = await traceOf(referenceIn(page))
    expect(trace.outcome).toBe(reason ? 'refused' : 'could_not_tell')
    if (reason) expect(trace.reason).toMatchObject({ code: reason })
    expect(JSON.stringify(trace)).not.toContain('Bearer')
  })

  it('SEC-082 are none when Graph says so', async () => {
    says(pointer)
    graph.answer(200, { value: [] })
    const { access } = await broker.login(client, { params: { idp_hint: 'Graph' } })
    expect(access.groups).toEqual([])
  })

  it('SEC-082 are asked for only where an administrator has said: at the issuer’s own cloud, or at an address in the settings', async () => {
    const config = {
      issuer: 'https://login.example.com',
      client_id: 'x',
      client_secret: 'y',
      group_overage: 'microsoft_graph',
    }
    const given = async (more: Json) =>
      broker.admin('POST', 'authentication-sources', {
        ...{ alias: `A${Math.random()}`, name: 'A', type: 'oidc', enabled: false },
        config: { ...config, ...more },
      })
    const nowhere = await given({})
    expect(nowhere.status).toBe(400)
    expect(JSON.stringify(nowhere.body.errors)).toContain('config.microsoft_graph')
    expect((await given({ microsoft_graph: 'http://graph.example.com' })).status).toBe(400)
    expect((await given({ microsoft_graph: 'https://user:secret@graph.example.com' })).status).toBe(400)
    expect((await given({ microsoft_graph: 'https://graph.example.com', group_overage: 'refuse' })).status).toBe(400)
    expect((await given({ issuer: 'https://login.microsoftonline.us/7/v2.0' })).status).toBe(201)
    expect((await given({ microsoft_graph: 'https://graph.example.com' })).status).toBe(201)
  })
})

describe('SEC-083 a mapping', () => {
  const source = (mapping: Json) =>
    broker.admin('POST', 'authentication-sources', {
      ...{ alias: `M${Math.random()}`, name: 'M', type: 'local', enabled: false },
      mapping,
    })

  it('SEC-083 is data: names of JavaScript find nothing, set nothing and are never run', async () => {
    says({ groups: ['Staff'], department: '{{7*7}}' })
    const attributes = {
      name: 'constructor.constructor',
      nickname: '__proto__.polluted',
      profile: 'groups.constructor',
      website: 'process.env.PATH',
      department: 'department',
    }
    const made = await broker.addSource(upstream, { alias: 'Hostile', name: 'H', mapping: { attributes } })
    upstream.register({ callbackUrls: [...callbacks, made.callback_url].map(String) })
    const { access } = await broker.login(client, { params: { idp_hint: 'Hostile' } })
    expect(access).not.toHaveProperty('nickname')
    expect(access).not.toHaveProperty('profile')
    expect(access).not.toHaveProperty('website')
    expect(access).not.toHaveProperty('name')
    expect(Object.prototype).not.toHaveProperty('polluted')
  })

  it.each(['__proto__', 'constructor', 'prototype', 'sub', 'groups', 'roles'])(
    'SEC-083 cannot set %s',
    async (claim) => {
      const mapping = JSON.parse(`{"attributes":{${JSON.stringify(claim)}:"email"}}`)
      const { status, body } = await source(mapping)
      // What is parsed from JSON under this name is no member of the object at all.
      if (status === 201) expect((body.mapping as { attributes: object }).attributes).toEqual({})
      else expect(status).toBe(400)
    },
  )

  it.each(['(a+)+$', '(x+x+)+y', '([a-zA-Z]+)*$', '(a|aa)+$', '(.*)*=(.*)*'])(
    'SEC-083 filters by %s in linear time, whatever the groups are called',
    async (filter) => {
      const made = await broker.addSource(upstream, {
        ...{ alias: `F${Math.random()}`, name: 'F', mapping: { groups: { filter } } },
      })
      upstream.register({ callbackUrls: [...callbacks, made.callback_url].map(String) })
      says({ groups: Array.from({ length: 20 }, (_, n) => `${'a'.repeat(800)}!${n}`) })
      const began = performance.now()
      await broker.login(client, { params: { idp_hint: String(made.alias) } })
      expect(performance.now() - began).toBeLessThan(5000)
    },
  )

  it.each(['(?=a)', '(a)\\1', 'a{1000}{1000}', '('])('SEC-083 is refused with the filter %s', async (filter) => {
    const { status, body } = await source({ groups: { filter } })
    expect(status).toBe(400)
    expect(JSON.stringify(body.errors)).toContain('mapping.groups.filter')
  })

  it('SEC-083 has bounded output: claims, their number and their length', async () => {
    says({ groups: ['Staff'], department: 'x'.repeat(5000) })
    await broker.login(client, { params: { idp_hint: 'Entra' } }).catch(() => {})
    expect(await droppedIn()).toContainEqual({
      path: 'department',
      reason: 'too_long',
      value: 'string of 5000 characters',
    })
    const attributes = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`claim_${n}`, 'email']))
    expect((await source({ attributes })).status).toBe(400)
  })
})

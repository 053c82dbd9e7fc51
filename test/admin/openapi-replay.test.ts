import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, startTestBroker, type TestBroker, type Tokens } from '../support/broker.ts'
import { type Document, type Operation, readOpenApi } from '../support/openapi.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { startUpstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

type Json = Record<string, unknown>

/** The real broker does what its openapi.json says, example by example, and refuses as it says. */
let broker: TestBroker
let api: ReturnType<typeof readOpenApi>
let tokens: { full: string; reading: string }
/** What the examples call by an id of their own is called otherwise here. */
const real = new Map<string, string>()

const named = (text: string) => [...real].reduce((done, [example, id]) => done.replaceAll(example, id), text)

interface Sent {
  readonly body?: unknown
  readonly token?: string | null
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
  /** In place of every id in the path. */
  readonly id?: string
}

async function send(operation: Operation, { token = tokens.full, headers = {}, ...sent }: Sent = {}) {
  const { method, path, parameters, body, bodyType } = operation
  const idFor = (name: string) => sent.id ?? parameters.find((parameter) => parameter.name === name)?.example ?? ''
  const needed = parameters.flatMap(({ in: where, required, name, schema }) =>
    where === 'query' && required ? [[name, schema.examples?.[0] ?? ''] as const] : [],
  )
  const address = named(path.replace(/\{(\w+)\}/g, (_, name) => idFor(name)))
  const query = sent.query ?? named(new URLSearchParams(Object.fromEntries(needed)).toString())
  const content = sent.body === undefined && body ? named(JSON.stringify(body.example)) : sent.body
  const answer = await fetch(`${broker.issuer}/admin/api/v1${address}?${query}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(content !== undefined && { 'content-type': sent.type ?? bodyType ?? 'application/json' }),
      ...headers,
    },
    body: content === undefined ? null : typeof content === 'string' ? content : JSON.stringify(content),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text }
}

type Answer = Awaited<ReturnType<typeof send>>

/** The answer is one that is documented, to the last member. */
function expectDocumented({ id, responses }: Operation, { status, headers, text }: Answer): unknown {
  const response = responses[status]
  expect(response, `${id} answered ${status}: ${text}`).toBeDefined()
  for (const name of Object.keys(response?.headers ?? {}))
    if (status !== 403) expect(headers.has(name), `${id} ${status} ${name}`).toBe(true)
  const [[type, media] = []] = Object.entries(response?.content ?? {})
  if (!type || !media) {
    expect(text, id).toBe('')
    return undefined
  }
  expect(headers.get('content-type'), id).toMatch(type)
  const values = type === 'application/jsonl' ? text.trimEnd().split('\n') : [text]
  for (const value of values)
    expect(api.problems(media.schema, JSON.parse(value)), `${id} ${status} ${value}`).toEqual([])
  if (media.example !== undefined) expect(members(JSON.parse(text)), id).toEqual(members(media.example))
  return JSON.parse(values[0] ?? '')
}

/** Of an object, or of the first on a page. */
const members = (value: unknown): readonly string[] => {
  const { items: [first] = [value] } = value as { items?: unknown[] }
  return Object.keys((first as Json | undefined) ?? {}).sort()
}

const succeeded = ({ responses }: Operation) => Number(Object.keys(responses).find((status) => status < '300'))

const makes = ({ method, responses }: Operation) => method === 'POST' && '201' in responses
/** What it makes is no part of the collection at its address. */
const isAction = ({ path }: Operation) => /\/(rotate|test-login)$/.test(path)
const depth = ({ path }: Operation) => path.split('/').length

beforeAll(async () => {
  broker = await startTestBroker({ settings: { signing_keys: { published_before: 0 } as never } })
  api = readOpenApi((await broker.admin('GET', 'openapi.json')).body as unknown as Document)
  const reader = await broker.created('clients', {
    client_name: 'Dashboard',
    grant_types: ['client_credentials'],
    scope: 'admin:read',
  })
  const answer = await broker.post(
    '/token',
    { grant_type: 'client_credentials', scope: 'admin:read' },
    basic({ id: String(reader.client_id), secret: String(reader.client_secret) }),
  )
  tokens = { full: await broker.adminToken(), reading: ((await answer.json()) as Tokens).access_token }
})
afterAll(() => broker[Symbol.asyncDispose]())

describe('openapi.json, replayed', () => {
  it('makes everything that it has an example for', async () => {
    const local = await broker.admin('GET', 'authentication-sources?q=local')
    real.set('7e5d2c1b-0a9f-4e8d-b7c6-a5948372615f', String((local.body.items as Json[])[0]?.id))
    const making = api.operations.filter((operation) => makes(operation) && !isAction(operation))
    expect(making.length).toBe(8)
    for (const operation of making.sort((one, other) => depth(one) - depth(other))) {
      const answer = await send(operation)
      expect(answer.status, `${operation.id}: ${answer.text}`).toBe(201)
      const made = expectDocumented(operation, answer) as Json
      const example = Object.values(operation.responses[201]?.content ?? {})[0]?.example as Json
      if (typeof example.id === 'string') real.set(example.id, String(made.id))
      if (!['createApplication', 'createApiKey'].includes(operation.id))
        expect((await send(operation)).status, operation.id).toBe(409)
    }

    const client = await broker.addClient()
    const ada = { username: 'ada', password: 'a machine that weaves' }
    await broker.created('users', ada)
    await signInWithPassword(broker, createVisitor(), client, ada)
    const [session] = (await broker.admin('GET', 'sessions')).body.items as Json[]
    // Somebody who comes from elsewhere, and can be untied from there.
    await using upstream = await startUpstream({ users: { rene } })
    const source = await broker.addSource(upstream, { alias: 'Acme', domains: [] })
    await broker.login(client, { params: { idp_hint: 'Acme' } })
    const [linked] = (await broker.admin('GET', 'users?q=rene')).body.items as Json[]
    const [trace] = (await broker.admin('GET', 'traces')).body.items as Json[]
    const [key] = (await broker.admin('GET', 'signing-keys')).body.items as Json[]
    const operation = (id: string) => api.operations.find((operation) => operation.id === id)
    for (const [id, value] of [
      ['getSession', session?.id],
      ['getTrace', trace?.reference],
      ['revokeSigningKey', key?.kid],
      ['unlinkIdentity', linked?.id],
    ] as const)
      real.set(operation(id)?.parameters[0]?.example ?? '', String(value))
    real.set(operation('unlinkIdentity')?.parameters[1]?.example ?? '', source.id)
  })

  it('refuses what it says it refuses, in the words it has for it', async () => {
    const provocations: readonly [number, (operation: Operation) => Sent | undefined][] = [
      [400, ({ parameters }) => (parameters.some((one) => one.in === 'query') ? { query: 'nonsense=1' } : undefined)],
      [400, ({ body }) => body && { body: { nonsense: 1, type: 5, config: 5 } }],
      [400, ({ body }) => body && { body: '{' }],
      [401, () => ({ token: null })],
      [401, () => ({ token: 'no.such.token' })],
      [403, ({ method, path }) => (method === 'GET' || path === '' ? undefined : { token: tokens.reading })],
      [404, ({ path }) => (path.includes('{') ? { id: 'nothing' } : undefined)],
      [
        412,
        ({ parameters }) =>
          parameters.some(({ name }) => name === 'If-Match') ? { headers: { 'if-match': '"999"' } } : undefined,
      ],
      [413, ({ body }) => body && { body: { name: 'x'.repeat(300_000) } }],
      [415, ({ body }) => body && { type: 'text/plain' }],
    ]
    for (const operation of api.operations) {
      const provoked = new Set<string>()
      for (const [status, provoke] of provocations) {
        const sent = provoke(operation)
        if (!sent) continue
        provoked.add(String(status))
        const answer = await send(operation, sent)
        expect(answer.status, `${operation.id} ${JSON.stringify(sent).slice(0, 100)}: ${answer.text}`).toBe(status)
        expectDocumented(operation, answer)
      }
      // An outage, a token that may nothing and whatever else uses a thing are tried in tests of their own.
      const others = Object.keys(operation.responses).filter((status) => !provoked.has(status))
      expect(['200', '201', '204', '403', '409', '503'], operation.id).toEqual(expect.arrayContaining(others))
    }
    const portal = api.operations.find(({ id }) => id === 'getPortal')?.parameters[0]?.example ?? ''
    for (const id of ['removeAuthenticationSource', 'removeApi']) {
      const operation = api.operations.find((one) => one.id === id)
      if (!operation) throw new Error(`There is no ${id}`)
      const answer = await send(operation)
      expect(answer.status, id).toBe(409)
      expect(expectDocumented(operation, answer)).toMatchObject({
        code: 'in_use',
        errors: expect.arrayContaining([{ path: `portals/${real.get(portal)}`, message: expect.any(String) }]),
      })
    }
  })

  it('answers every other example as it says, and ends with removing what it made', async () => {
    const left = api.operations.filter((operation) => !makes(operation) || isAction(operation))
    const removing = left.filter(({ method }) => method === 'DELETE')
    // Tokens of the key that is revoked are no good any more.
    const rank = ({ id }: Operation) => (id === 'revokeSigningKey' ? 2 : id === 'rotateSigningKey' ? 1 : 0)
    const doing = left.filter(({ method }) => method !== 'DELETE').sort((one, other) => rank(one) - rank(other))
    for (const operation of [...doing, ...removing.reverse().sort((one, other) => depth(other) - depth(one))]) {
      const answer = await send(operation)
      if (operation.id === 'revokeSigningKey') tokens = { ...tokens, full: await broker.adminToken() }
      expect(answer.status, `${operation.id}: ${answer.text}`).toBe(succeeded(operation))
      const made = expectDocumented(operation, answer) as Json
      const example = Object.values(operation.responses[201]?.content ?? {})[0]?.example as Json | undefined
      if (operation.path.endsWith('/test-login')) real.set(String(example?.id), String(made.id))
    }
  })
})

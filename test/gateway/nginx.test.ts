/** The recipe of examples/gateways/nginx, as it stands there, in a real nginx before the Patient API (SEC-101, SEC-106). */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTokenCheck } from '../../examples/patient-api/check-token.ts'
import { createPatientApi } from '../../examples/patient-api/patient-api.ts'
import { breakableStores } from '../support/breakable.ts'
import { freePort, type Json } from '../support/broker.ts'
import { type Nginx, startNginx } from '../support/nginx.ts'
import { type GatewayWorld, secret, startGateway } from './start-gateway.ts'

const stores = breakableStores()
const opened = new AsyncDisposableStack()
/** What reached the API. */
const seen: IncomingMessage[] = []
let world: GatewayWorld
let nginx: Nginx
let rene: string
let john: string
let api: number
let recipe: string
let checkPort: number

beforeAll(async () => {
  world = opened.use(await startGateway({ parts: { openStores: stores.open } }))
  rene = (await world.login('rene')).access_token
  john = (await world.login('john')).access_token
  const { issuer } = world.broker
  const patients = createPatientApi(
    createTokenCheck({ issuer, audience: world.client.id, jwksUri: new URL(`${issuer}/jwks`) }),
  )
  patients.prependListener('request', (request: IncomingMessage) => seen.push(request))
  opened.defer(() => void patients.close().closeAllConnections())
  api = await new Promise((done) =>
    patients.listen(0, '127.0.0.1', () => done((patients.address() as AddressInfo).port)),
  )

  await world.broker.created('apis', {
    name: 'Patient API',
    slug: 'patients',
    hosts: ['api.example.com'],
    path_prefix: '/patients',
    clients: [world.client.id],
  })
  recipe = await readFile(join(import.meta.dirname, '../../examples/gateways/nginx/gatehouse.conf'), 'utf8')
  checkPort = await counted(Number(world.broker.url.port))
  nginx = opened.use(await start(checkPort))
}, 60_000)
afterAll(() => opened.disposeAsync())

/** The recipe, with other ports and our secret. */
async function start(brokerPort: number): Promise<Nginx> {
  const port = await freePort()
  const changes: readonly [string, string][] = [
    ['127.0.0.1:3000', `127.0.0.1:${brokerPort}`],
    ['127.0.0.1:3003', `127.0.0.1:${api}`],
    ['127.0.0.1:8080', `127.0.0.1:${port}`],
    ['X-Gatehouse-Gateway "";\n\n', `X-Gatehouse-Gateway "${secret}";\n\n`],
  ]
  for (const [from] of changes) expect(recipe).toContain(from)
  const file = changes.reduce((file, [from, to]) => file.replace(from, to), recipe)
  return startNginx(file, port)
}

let connections = 0
/** A way to the broker that counts how often somebody takes it anew. */
async function counted(target: number): Promise<number> {
  const { createServer: createTcp } = await import('node:net')
  const way = createTcp((from) => {
    connections += 1
    const to = connect(target, '127.0.0.1')
    from.on('error', () => to.destroy()).pipe(to)
    to.on('error', () => from.destroy()).pipe(from)
  })
  opened.defer(() => void way.close())
  return new Promise((done) => way.listen(0, '127.0.0.1', () => done((way.address() as AddressInfo).port)))
}

/** A request as it is written here, to the letter. */
async function raw(target: string, lines: readonly string[] = [], host = 'api.example.com', at = nginx) {
  const socket = connect(Number(at.url.port), '127.0.0.1')
  socket.write([`GET ${target} HTTP/1.1`, `Host: ${host}`, ...lines, 'Connection: close', '', ''].join('\r\n'))
  const answer = await text(socket)
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
  const status = Number(head.split(' ')[1])
  const json = /\{.*\}/s.exec(body)?.[0]
  return { status, head, body: json ? (JSON.parse(json) as Json) : {} }
}

const as = (token: string) => [`Authorization: Bearer ${token}`]
const headersSeen = () => seen.at(-1)?.headersDistinct ?? {}

it('lets the story through: Rene sees no number, John does, and nobody gets in without a token', async () => {
  expect(await raw('/patients/1', as(rene))).toMatchObject({
    status: 200,
    body: { name: 'Ada Fischer', ssn: '#########' },
  })
  expect(headersSeen()).toMatchObject({ 'x-auth-user': ['rene@acme.test'], 'x-auth-groups': ['Everyone,Consultant'] })
  expect(headersSeen()['x-auth-assertion']?.[0]).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/)
  expect(await raw('/patients/1', as(john))).toMatchObject({ status: 200, body: { ssn: '987-65-4320' } })

  const before = seen.length
  const refused = await raw('/patients/1')
  expect(refused).toMatchObject({ status: 401, body: { error: 'token_missing' } })
  expect(refused.head.match(/^www-authenticate: .*$/gim)).toEqual([
    expect.stringContaining(`resource_metadata="${world.broker.issuer}/.well-known/oauth-protected-resource/patients"`),
  ])
  expect(refused.head).toMatch(/^x-gatehouse-reference: \w{3}-\w{3}-\w{3}\r?$/im)
  expect(seen.length).toBe(before)
})

it('SEC-101 lets no header of ours through that the caller wrote, however it is spelt', async () => {
  const names = ['Subject', 'User', 'Roles', 'Groups', 'Application', 'Assertion']
  const spellings = names.flatMap((name) => [
    `X-Auth-${name}: forged`,
    `x-auth-${name.toLowerCase()}: forged`,
    `X_Auth_${name}: forged`,
    `X.Auth.${name}: forged`,
  ])
  const { status } = await raw('/patients/1', [
    ...as(rene),
    ...spellings,
    `X-Gatehouse-Gateway: ${secret}`,
    'X-Forwarded-For: 10.0.0.1',
    'X-Original-URI: /elsewhere',
    'X-Original-Host: evil.example',
  ])
  expect(status).toBe(200)
  expect(JSON.stringify(headersSeen())).not.toContain('forged')
  expect(Object.keys(headersSeen()).filter((name) => /auth[_.]/.test(name))).toEqual([])
  expect(headersSeen()).toMatchObject({ 'x-auth-user': ['rene@acme.test'], 'x-forwarded-for': ['127.0.0.1'] })
  expect(headersSeen()['x-gatehouse-gateway']).toBeUndefined()
  expect(headersSeen()['x-auth-application']).toBeUndefined()
})

it.each([
  '/patients/../other',
  '/patients/..;/other',
  '/patients%2f1',
  '/patients//1',
  '/patients/%31',
  '/patients\\1',
  '/PATIENTS/1',
  '/other',
])('SEC-103 keeps out: %s', async (target) => {
  const before = seen.length
  expect(await raw(target, as(john))).toMatchObject({
    status: 403,
    body: { error: expect.stringMatching(/^address_/) },
  })
  expect(seen.length).toBe(before)
})

it('SEC-103 keeps out whoever asks for another host, and whoever asks the check itself', async () => {
  expect(await raw('/patients/1', as(john), 'evil.example')).toMatchObject({
    status: 403,
    body: { error: 'address_unknown' },
  })
  expect((await raw('http://evil.example/patients/1', as(john))).status).toBe(403)
  expect((await raw('/.gatehouse/check', as(john))).status).toBe(404)
})

it('tells what kind of no it is: a scope that is missing, or a group', async () => {
  const rule = async (change: Json) => {
    const { body } = await world.broker.admin('GET', 'apis?q=patients')
    const [{ id } = { id: '' }] = body.items as { id: string }[]
    expect((await world.broker.admin('PATCH', `apis/${id}`, change, { 'if-match': '*' })).status).toBe(200)
  }
  await rule({ required_scopes: ['patients.read'] })
  const scope = await raw('/patients/1', as(rene))
  expect(scope).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } })
  expect(scope.head.match(/^www-authenticate: .*$/gim)).toEqual([expect.stringContaining('scope="patients.read"')])
  await rule({ required_scopes: [], required_groups: ['Staff'] })
  const group = await raw('/patients/1', as(rene))
  expect(group).toMatchObject({ status: 403, body: { error: 'group_missing' } })
  expect(group.head).not.toMatch(/www-authenticate|retry-after/i)
  expect((await raw('/patients/1', as(john))).status).toBe(200)
  await rule({ required_groups: [] })
})

it('refuses an ID token, and a token that was revoked', async () => {
  const { access_token, id_token, refresh_token } = await world.login('john')
  expect(await raw('/patients/1', as(id_token))).toMatchObject({ status: 401, body: { error: 'token_type' } })
  expect((await raw('/patients/1', as(access_token))).status).toBe(200)
  const authorization = `Basic ${btoa(`${encodeURIComponent(world.client.id)}:${world.client.secret}`)}`
  await world.broker.post('/revoke', { token: refresh_token }, { authorization })
  expect(await raw('/patients/1', as(access_token))).toMatchObject({ status: 401, body: { error: 'token_revoked' } })
})

it('keeps its connections to the broker', async () => {
  await raw('/patients/1', as(rene))
  const before = connections
  for (let count = 0; count < 10; count += 1) expect((await raw('/patients/1', as(rene))).status).toBe(200)
  expect(connections).toBe(before)
})

it('SEC-106 says 503 while the broker cannot tell, and lets nobody pass', async () => {
  stores.cut()
  const answer = await raw('/patients/1', as(john)).finally(stores.mend)
  expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
  expect(answer.head).toMatch(/^retry-after: 5\r?$/im)
  expect((await raw('/patients/1', as(john))).status).toBe(200)
})

it('SEC-106 says 503 while the broker is not there, or stands still', async () => {
  const mute = createServer(() => {})
  const port = await new Promise<number>((done) =>
    mute.listen(0, '127.0.0.1', () => done((mute.address() as AddressInfo).port)),
  )
  const before = seen.length
  for (const target of [await freePort(), port]) {
    await using alone = await start(target)
    const answer = await raw('/patients/1', as(john), 'api.example.com', alone)
    expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(answer.head).toMatch(/^retry-after: 5\r?$/im)
  }
  mute.closeAllConnections()
  mute.close()
  expect(seen.length).toBe(before)
}, 40_000)

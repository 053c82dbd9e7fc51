/** Calls that were refused, found by the reference that the caller was given: on every node, and without the check waiting. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silent } from '../../src/log.ts'
import { createRefusedCalls, mostAlike, mostWaiting, type RefusedCall } from '../../src/traces/refused-calls.ts'
import type { Trace } from '../../src/traces/trace.ts'
import { basic, type Json, startTestBroker, type TestBroker } from '../support/broker.ts'
import { bearer, type GatewayWorld, startGateway } from './start-gateway.ts'

let opened: AsyncDisposableStack
let world: GatewayWorld
let second: TestBroker
let token: string

beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-refused-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const shared = { database: `sqlite:${join(folder, 'gatehouse.db')}`, keys: [randomBytes(32)] }
  world = opened.use(await startGateway(shared))
  second = opened.use(await startTestBroker({ ...shared, issuer: world.broker.issuer }))
  token = (await world.login('rene')).access_token
})
afterAll(async () => opened?.disposeAsync())

/** What the first node answers, once it has it. */
async function traces(query: string): Promise<readonly Json[]> {
  const until = Date.now() + 15_000
  for (;;) {
    const { body } = await world.broker.admin('GET', `traces?${query}`)
    const items = body.items as readonly Json[]
    if (items.length > 0 || Date.now() > until) return items
    await delay(50)
  }
}

/** Asks the second node, as soon as it knows the API: it hears of changes within a second. */
async function onSecond(host: string, headers: readonly string[], target = '/x?secret=1') {
  const ask = () => world.ask({ host, headers, target, method: 'PUT', node: second.url })
  const until = Date.now() + 15_000
  let answer = await ask()
  while (answer.reason === 'address_unknown' && host !== nowhere && Date.now() < until) answer = await ask()
  return answer
}
const nowhere = 'nowhere.example'
const referenceOf = ({ headers }: Awaited<ReturnType<typeof onSecond>>) => String(headers['x-gatehouse-reference'])

it('is found by its reference on another node, with whose it was, where it was going and why it was refused', async () => {
  const { id, host } = await world.addApi({ required_groups: ['Staff'] })
  const reference = referenceOf(await onSecond(host, bearer(token)))
  const [trace] = await traces(`reference=${reference.toLowerCase()}`)
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Json
  expect(trace).toEqual({
    reference,
    started_at: expect.any(String),
    ended_at: expect.any(String),
    ...{ client_id: world.client.id, source_id: world.source.id, account_id: sub, api_id: id },
    outcome: 'call_refused',
    reason: expect.objectContaining({ code: 'group_missing', fix: expect.any(String) }),
    steps: [
      {
        at: expect.any(String),
        what: 'refused',
        detail: { reason: 'group_missing', detail: expect.stringContaining('Everyone, Consultant'), method: 'PUT' },
      },
    ],
  })
  expect((await world.broker.admin('GET', `traces/${reference}`)).body).toEqual(trace)
})

it('is listed by API, client, source, outcome, reason and time', async () => {
  const { id, host } = await world.addApi({ required_groups: ['Staff'] })
  const began = new Date().toISOString()
  const reference = referenceOf(await onSecond(host, bearer(token)))
  const { id: client } = world.client
  for (const narrowed of [
    `client_id=${client}`,
    'source_id=Okta',
    'outcome=call_refused',
    'reason=group_missing',
    `from=${began}`,
  ])
    expect(
      (await traces(`api_id=${id}&${narrowed}`)).map((trace) => trace.reference),
      narrowed,
    ).toEqual([reference])
  const { body } = await world.broker.admin('GET', `traces?api_id=${id}&until=${began}`)
  expect(body.items).toEqual([])
})

it('names whose a token was that is revoked or meant for another API, and nobody for one that anybody could have written', async () => {
  const elsewhere = await world.addApi({ audience: 'https://elsewhere.example', clients: [] })
  const { host, id } = await world.addApi()
  const { access_token: revoked } = await world.login('rene')
  await world.broker.post('/revoke', { token: revoked }, basic(world.client))
  const parties = { client_id: world.client.id, source_id: world.source.id, account_id: expect.any(String) }
  const nobody = { client_id: null, source_id: null, account_id: null }
  const forged = `${revoked.slice(0, -6)}AAAAAA`
  for (const [shown, at, api, code, who] of [
    [revoked, host, id, 'token_revoked', parties],
    [token, elsewhere.host, elsewhere.id, 'token_audience', parties],
    [forged, host, id, 'token_signature', nobody],
  ] as const) {
    const reference = referenceOf(await onSecond(at, bearer(shown)))
    expect(await traces(`reference=${reference}`)).toMatchObject([{ ...who, api_id: api, reason: { code } }])
  }
  expect(await traces(`client_id=${world.client.id}&reason=token_revoked`)).toHaveLength(1)
})

it('says what an API that only reports would have refused', async () => {
  const { id, host } = await world.addApi({ required_groups: ['Staff'], enforcement: 'report' })
  const answer = await onSecond(host, bearer(token))
  expect(answer.status).toBe(200)
  expect(await traces(`api_id=${id}`)).toMatchObject([
    { reference: referenceOf(answer), outcome: 'call_would_be_refused', reason: { code: 'group_missing' } },
  ])
})

it('of an address that nobody owns says which it was, without its query', async () => {
  const reference = referenceOf(await onSecond(nowhere, bearer(token), '/patients/1?token=secret'))
  const [trace] = await traces(`reference=${reference}`)
  expect(trace).toMatchObject({ api_id: null, reason: { code: 'address_unknown' } })
  expect(trace?.steps).toMatchObject([{ detail: { host: nowhere, path: '/patients/1' } }])
  expect(JSON.stringify(trace)).not.toContain('secret')
})

it('is no sign-in, and counts for none', async () => {
  const signIns = async () => (await world.broker.admin('GET', 'stats')).body.sign_ins
  const before = await signIns()
  const { id, host } = await world.addApi({ required_groups: ['Staff'] })
  await onSecond(host, bearer(token))
  await traces(`api_id=${id}`)
  expect(await signIns()).toEqual(before)
})

it('is forgotten with the person it was about', async () => {
  const johns = (await world.login('john')).access_token
  const { id, host } = await world.addApi({ required_groups: ['Nobody'] })
  await onSecond(host, bearer(johns))
  const [trace] = await traces(`api_id=${id}`)
  const erased = await world.broker.admin('DELETE', `traces?account_id=${trace?.account_id}`)
  expect(erased.body.erased).toBeGreaterThan(0)
  expect((await world.broker.admin('GET', `traces?api_id=${id}`)).body.items).toEqual([])
})

describe('what is kept of a flood', () => {
  const call = (number: number, more: Partial<RefusedCall> = {}): RefusedCall => ({
    ...{ reference: `R${number}`, reason: 'token_missing', passed: false, apiId: 'api' },
    ...{ client: undefined, source: undefined, account: undefined, detail: {}, ...more },
  })

  function collect(addAll: (traces: readonly Trace[]) => Promise<void>) {
    const dropped: number[] = []
    const calls = createRefusedCalls({
      traces: { addAll },
      sources: { byAlias: async () => undefined },
      dropped: () => void dropped.push(1),
      clock: Date.now,
      log: silent,
    })
    return { calls, dropped }
  }

  it('SEC-111 is bounded, leaves room for what differs, and counts what is not kept', async () => {
    const written: string[] = []
    const { calls, dropped } = collect(async (traces) => void written.push(...traces.map(({ reference }) => reference)))
    await using _ = calls
    for (let number = 0; number < 5000; number += 1) calls.note(call(number))
    calls.note(call(5000, { client: 'patient-app' }))
    await calls.write()
    expect(written).toHaveLength(mostAlike + 1)
    expect(written.at(-1)).toBe('R5000')
    expect(dropped).toHaveLength(5000 - mostAlike)
    for (let number = 0; number < 3000; number += 1) calls.note(call(number, { client: `client ${number}` }))
    await calls.write()
    expect(written).toHaveLength(mostAlike + 1 + mostWaiting)
  })

  it('waits where the database is away, as far as there is room, and is written once it is back', async () => {
    let down = true
    const written: string[] = []
    const { calls, dropped } = collect(async (traces) => {
      if (down) throw new Error('away')
      written.push(...traces.map(({ reference }) => reference))
    })
    await using _ = calls
    calls.note(call(1))
    await calls.write()
    for (let number = 2; number <= mostWaiting + 1; number += 1)
      calls.note(call(number, { client: `client ${number}` }))
    expect(dropped).toHaveLength(1)
    down = false
    await calls.write()
    expect(written[0]).toBe('R1')
    expect(written).toHaveLength(mostWaiting)
  })
})

it('SEC-117 is counted where no trace is kept of it', async () => {
  for (let n = 0; n < mostAlike + 5; n += 1) await onSecond(nowhere, [])
  const metrics = await (await fetch(`${second.url.origin}/metrics`)).text()
  expect(metrics).toMatch(/^gatehouse_refused_calls_dropped_total \d+$/m)
})

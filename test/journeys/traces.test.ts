/** Sign-ins as administrators find them again, and how much strangers can leave behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let now = Date.now()
let broker: TestBroker
let upstream: Upstream
let client: TestClient
let source: Json & { id: string }
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene, john: { sub: 'john', name: 'John' } } })
  broker = await startTestBroker({ parts: { clock: () => now } })
  source = await broker.addSource(upstream)
  client = await broker.addClient()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const find = async (query: Readonly<Record<string, string>>) => {
  const { status, body } = await broker.admin('GET', `traces?${new URLSearchParams(query)}`)
  expect(status).toBe(200)
  return body.items as (Json & { steps: Json[] })[]
}
const signIn = (name: string) => {
  upstream.signInAs(name)
  return broker.login(client, { params: { idp_hint: 'Okta' } })
}

describe('the traces', () => {
  it('are found by person, client, source, outcome, reason and time, and all of it together', async () => {
    const begun = new Date(now).toISOString()
    const { access } = await signIn('rene')
    await signIn('john')
    const person = String(access.sub)
    const [trace, ...others] = await find({ account_id: person })
    expect(others).toEqual([])
    expect(trace).toMatchObject({
      account_id: person,
      client_id: client.id,
      source_id: source.id,
      outcome: 'signed_in',
    })
    const everything = { source_id: 'Okta', client_id: client.id, outcome: 'signed_in', from: begun }
    expect((await find(everything)).map(({ reference }) => reference)).toContain(trace?.reference)
    expect(await find({ ...everything, account_id: person })).toEqual([trace])
    expect(await find({ ...everything, until: begun })).toEqual([])
    expect(await find({ ...everything, reason: 'account_disabled' })).toEqual([])
  })

  it('of somebody who is refused are found by the person as well', async () => {
    const { access } = await signIn('john')
    const person = String(access.sub)
    await broker.admin('PATCH', `users/${person}`, { enabled: false }, { 'if-match': '*' })
    await broker.authorize(createVisitor(), client, { idp_hint: 'Okta' }).catch(() => {})
    const [refused] = await find({ account_id: person, outcome: 'refused', reason: 'account_disabled' })
    expect(refused?.steps.map(({ what }) => what)).toEqual(['departed', 'arrived', 'mapped', 'recognised', 'refused'])
    expect(refused?.reason).toMatchObject({ code: 'account_disabled', fix: expect.any(String) })
  })

  it('are refused when asked for with what is no time, outcome or reason', async () => {
    for (const wrong of ['from=yesterday', 'until=2026-01-01', 'outcome=fine', 'reason=because', 'person=rene'])
      expect((await broker.admin('GET', `traces?${wrong}`)).status, wrong).toBe(400)
  })

  it('of one person can be erased, which is written down, and never everybody’s by mistake', async () => {
    const { access } = await signIn('rene')
    const person = String(access.sub)
    for (const everybody of ['traces', 'traces?account_id=', `traces?client_id=${client.id}`])
      expect((await broker.admin('DELETE', everybody)).status, everybody).toBe(400)
    const kept = (await find({})).length
    const had = (await find({ account_id: person })).length
    const { status, body } = await broker.admin('DELETE', `traces?account_id=${person}`)
    expect([status, body]).toEqual([200, { erased: had }])
    expect(had).toBeGreaterThan(0)
    expect(await find({ account_id: person })).toEqual([])
    expect(await find({})).toHaveLength(kept - had)
    const [event] = (await broker.admin('GET', 'events?action=traces.erased')).body.items as Json[]
    expect(event).toMatchObject({
      actor: { kind: 'client', id: 'automation' },
      subject: { type: 'user', id: person },
      before: { traces: had },
      after: null,
    })
  })
})

describe('what strangers leave behind', () => {
  const minute = 60_000
  const stray = (index: number, address: string) =>
    fetch(`${broker.issuer}/broker/Okta/callback?state=stray-${index}&code=x`, {
      headers: { 'x-forwarded-for': address },
      redirect: 'manual',
    })
  const dropped = async () => {
    const text = await (await fetch(`${broker.issuer}/metrics`)).text()
    return Number(/^gatehouse_events_total\{event="trace\.dropped"\} (\d+)$/m.exec(text)?.[1] ?? 0)
  }

  it('is bounded by network and minute, counted, and nothing of a sign-in that goes on', async () => {
    now = Math.ceil(now / minute) * minute
    const strays = { reason: 'trip_unknown', from: new Date(now).toISOString(), limit: '200' }
    const before = await dropped()
    for (let index = 0; index < 34; index++) {
      const { status } = await stray(index, '203.0.113.9')
      expect(status).toBe(400)
    }
    expect(await find(strays)).toHaveLength(30)
    expect((await find(strays)).every(({ outcome }) => outcome === 'refused')).toBe(true)
    expect((await dropped()) - before).toBe(4)
    await stray(50, '198.51.100.7')
    await stray(51, '2001:db8:1:2::1')
    expect(await find(strays)).toHaveLength(32)
    const { access } = await signIn('rene')
    expect(await find({ account_id: String(access.sub), from: strays.from })).toHaveLength(1)
    now += minute
    await stray(60, '203.0.113.9')
    expect(await find(strays)).toHaveLength(33)
  })

  it('is one subscriber’s in the whole of an IPv6 network', async () => {
    now += minute
    const strays = { reason: 'trip_unknown', from: new Date(now).toISOString() }
    for (let index = 0; index < 32; index++) await stray(index, `2001:db8:5:6::${index + 1}`)
    expect(await find(strays)).toHaveLength(30)
  })
})

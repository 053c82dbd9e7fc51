/**
 * F33: many times more passwords are tried than can be hashed. Signing in with a password is told to come again; checks,
 * introspection, refreshes and sign-ins through a provider go on. `npm run faults` prints how long they took.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'
import { isLong } from './length.ts'

/** 64 may wait for their turn in a process, and two have it. */
const guessers = isLong ? 330 : 80
const seconds = isLong ? 30 : 2

const opened = new AsyncDisposableStack()
let broker: TestBroker
let client: TestClient
let token: string
let refreshToken: string

beforeAll(async () => {
  const upstream = opened.use(await startUpstream({ users: { rene } }))
  upstream.signInAs('rene')
  broker = opened.use(await startTestBroker())
  await broker.addSource(upstream)
  client = await broker.addClient()
  await broker.created('apis', { name: 'P', slug: 'patients', hosts: ['api.example'], clients: [client.id] })
  const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  token = tokens.access_token
  refreshToken = tokens.refresh_token
}, 60_000)
afterAll(() => opened.disposeAsync())

/** At the form, with its CSRF token; each try is of another name, from another network. */
async function guesser(number: number) {
  const visitor = createVisitor()
  const { url } = broker.authorizationUrl(client)
  const door = await visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/'))
  const address = `${door.href}/source/local`
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await (await visitor.request(address)).text()) ?? []
  let tries = 0
  return async () => {
    tries += 1
    const body = new URLSearchParams({ username: `guess-${number}-${tries}`, password: 'not this one either', csrf })
    const from = `198.${18 + (number % 2)}.${number % 250}.${tries % 250}`
    const answer = await visitor.request(address, { method: 'POST', body, headers: { 'x-forwarded-for': from } })
    await answer.arrayBuffer()
    return answer
  }
}

const verify = () =>
  fetch(new URL('/verify/forwarded', broker.url), {
    headers: {
      authorization: `Bearer ${token}`,
      'x-forwarded-method': 'GET',
      'x-forwarded-host': 'api.example',
      'x-forwarded-uri': '/patients/1',
    },
  })

it(
  'F33 tells whoever signs in with a password to come again, and nobody else notices',
  async () => {
    const guess = []
    for (let number = 0; number < guessers; number += 1) guess.push(await guesser(number))
    const told = new Map<number, number>()
    const waits: (string | null)[] = []
    let going = true
    const flood = guess.map(async (tryOne) => {
      while (going) {
        const { status, headers } = await tryOne()
        told.set(status, (told.get(status) ?? 0) + 1)
        if (status === 503) waits.push(headers.get('retry-after'))
        // Who is told to wait does, a little.
        if (status === 503) await delay(20)
      }
    })
    const took = new Map<string, number[]>()
    const statuses = new Map<string, number[]>()
    const others = async (name: string, ask: () => Promise<number>) => {
      while (going) {
        const began = performance.now()
        const status = await ask()
        took.set(name, [...(took.get(name) ?? []), performance.now() - began])
        statuses.set(name, [...(statuses.get(name) ?? []), status])
        await delay(20)
      }
    }
    const calm = [
      others('verify', async () => {
        const answer = await verify()
        await answer.arrayBuffer()
        return answer.status
      }),
      others('introspection', async () => {
        const { status, body } = await broker.introspect(client, token)
        return body.active === true ? status : 0
      }),
      others('refresh', async () => {
        const answer = await broker.refresh(client, refreshToken)
        const body = (await answer.json()) as { readonly refresh_token?: string }
        refreshToken = body.refresh_token ?? refreshToken
        return answer.status
      }),
      others('sign-in through a provider', async () => {
        const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
        return tokens.access_token ? 200 : 0
      }),
    ]
    await delay(seconds * 1000)
    await vi
      .waitFor(
        () => {
          expect(told.get(503)).toBeGreaterThan(20)
          for (const name of ['verify', 'introspection', 'refresh', 'sign-in through a provider'])
            expect(statuses.get(name)?.length, name).toBeGreaterThan(1)
        },
        { timeout: 60_000 },
      )
      .finally(() => {
        going = false
      })
    await Promise.all([...flood, ...calm])

    // A wrong password is told in the page.
    for (const status of told.keys()) expect([200, 401, 422, 429, 503]).toContain(status)
    expect(waits.every((wait) => Number(wait) > 0)).toBe(true)
    for (const [name, all] of statuses)
      expect(
        all.filter((status) => status !== 200),
        name,
      ).toEqual([])
    if (isLong)
      for (const [name, times] of took) {
        const sorted = times.toSorted((a, b) => a - b)
        const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)
        console.log(
          `F33 ${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${sorted.length}); passwords ${[...told].join(' ')}`,
        )
      }
  },
  180_000 + seconds * 2000,
)

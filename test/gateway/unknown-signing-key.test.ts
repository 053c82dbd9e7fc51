/** A signing key that nobody knows: refused at once where the registry is at hand, and never before it was looked at. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openStores } from '../../src/stores/open.ts'
import { startTestBroker, type TestBroker } from '../support/broker.ts'

let broker: TestBroker
let forged: string
/** Whether it may be asked without waiting. */
let isAtHand = true
/** What everybody else who asks for the registry's version waits for. */
let asking = Promise.withResolvers<void>()

beforeAll(async () => {
  asking.resolve()
  broker = await startTestBroker({
    parts: {
      async openStores(needs) {
        const stores = await openStores(needs)
        return {
          ...stores,
          versionAtOnce: () => (isAtHand ? stores.versionAtOnce() : undefined),
          registryVersion: () => asking.promise.then(() => stores.registryVersion()),
        }
      },
    },
  })
  await broker.created('apis', { name: 'Patients', slug: 'patients', hosts: ['api.test'] })
  const [, payload, signature] = (await broker.adminToken()).split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'k'.repeat(43) })).toString('base64url')
  forged = `${header}.${payload}.${signature}`
  expect((await shown()).status).toBe(401)
})
beforeEach(() => {
  asking = Promise.withResolvers()
})
afterEach(() => asking.resolve())
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
})

const shown = () =>
  fetch(`${broker.issuer}/verify/forwarded`, {
    headers: {
      ...{ 'x-forwarded-method': 'GET', 'x-forwarded-host': 'api.test', 'x-forwarded-uri': '/' },
      authorization: `Bearer ${forged}`,
    },
  })

it('waits for nobody where the registry has not changed', async () => {
  isAtHand = true
  const answer = await shown()
  expect(answer.status).toBe(401)
  expect(answer.headers.get('x-gatehouse-reason')).toBe('token_key_unknown')
})

it('waits until the registry has answered where it is elsewhere', async () => {
  isAtHand = false
  let status: number | undefined
  const asked = shown().then((answer) => {
    status = answer.status
  })
  await delay(300)
  expect(status).toBeUndefined()
  asking.resolve()
  await asked
  expect(status).toBe(401)
})

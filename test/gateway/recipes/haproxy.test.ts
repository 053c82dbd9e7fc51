/** A real HAProxy with examples/gateways/haproxy. */
import { expect, it } from 'vitest'
import { secret } from '../start-gateway.ts'
import { haproxy, startHaproxy } from './asking.ts'
import { describeRecipe, identityIn, padding } from './suite.ts'
import { as, openWorld, send } from './world.ts'

describeRecipe(haproxy)

it('SEC-101 HAProxy hands on all that the broker says or nothing, also where its buffers have no room for it', async () => {
  await using world = await openWorld()
  const places = { broker: world.brokerPort, api: world.api, secret, issuer: world.broker.issuer, jwks: '' }
  await using narrow = await startHaproxy(places, [
    ['tune.bufsize 32768', 'tune.bufsize 16384'],
    ['tune.maxrewrite 16384', 'tune.maxrewrite 512'],
  ])
  const ask = (bytes: number) => send(narrow.url, { lines: [...as(world.rene), ...padding(bytes)] })
  expect((await ask(0)).status).toBe(200)
  const wanted = identityIn(world.headersSeen())
  const statuses = new Set<number>()
  for (let bytes = 11_000; bytes < 16_000; bytes += 100) {
    const before = world.seen.length
    const { status, body } = await ask(bytes)
    statuses.add(status)
    if (status === 431) expect(body).toEqual({ error: 'headers_too_long' })
    for (const { headersDistinct } of world.seen.slice(before)) expect(identityIn(headersDistinct)).toEqual(wanted)
  }
  expect([...statuses]).toContain(431)
}, 60_000)

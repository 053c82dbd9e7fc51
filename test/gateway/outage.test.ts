/** What the check needs, and what it says while that is away (SEC-106). */
import { afterEach, describe, expect, it } from 'vitest'
import { openStores } from '../../src/stores/open.ts'
import { breakableStores } from '../support/breakable.ts'
import { countingStores } from '../support/counting.ts'
import { bearer, startGateway } from './start-gateway.ts'

const stores = breakableStores()
afterEach(stores.mend)

it('SEC-106 says that it could not tell, to each gateway in its own way, and lets nobody pass', async () => {
  await using world = await startGateway({ parts: { openStores: stores.open } })
  const { host } = await world.addApi()
  const reporting = await world.addApi({ enforcement: 'report' })
  const headers = bearer((await world.login('rene')).access_token)
  expect((await world.ask({ host, headers })).status).toBe(200)
  stores.cut()

  const expected = {
    status: 503,
    headers: { 'retry-after': '5' },
    body: { code: 'temporarily_unavailable', status: 503 },
  }
  for (const dialect of ['forwarded', 'envoy'] as const) {
    const answer = await world.ask({ dialect, host, headers })
    expect(answer).toMatchObject(expected)
    expect(answer.headers['www-authenticate']).toBeUndefined()
    expect(answer.headers['x-auth-user']).toBeUndefined()
  }
  const toNginx = await world.ask({ dialect: 'nginx', host, headers })
  expect(toNginx).toMatchObject({ ...expected, status: 403 })
  expect(toNginx.headers).toMatchObject({
    'x-gatehouse-status': '503',
    'x-gatehouse-reason': 'temporarily_unavailable',
  })
  expect(await world.ask({ host: reporting.host, headers }), 'nobody knows who it is').toMatchObject({ status: 503 })

  stores.mend()
  expect((await world.ask({ host, headers })).status).toBe(200)
})

describe('a check', () => {
  it('waits for live state once, asks the registry nothing that it knows, and writes nothing', async () => {
    const counted = countingStores(openStores)
    await using world = await startGateway({ parts: { openStores: counted.open } })
    const { host } = await world.addApi({ authentication_sources: ['Okta'], required_groups: ['Consultant'] })
    const headers = bearer((await world.login('rene')).access_token)
    const ask = () => world.ask({ host, headers })
    expect((await ask()).status).toBe(200)
    expect(await counted.during(ask)).toMatchObject({ trips: 1, cargo: [['marks.liveness']], registryReads: [] })
  })

  it('goes on while the registry is away', async () => {
    await using world = await startGateway({ parts: { openStores: stores.open } })
    const { host } = await world.addApi()
    const headers = bearer((await world.login('rene')).access_token)
    expect((await world.ask({ host, headers })).status).toBe(200)
    stores.cutRegistry()
    expect((await world.ask({ host, headers })).status).toBe(200)
  })
})

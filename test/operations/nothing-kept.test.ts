/** What a request was made of is not kept when it is answered, over whichever stores, however long the process lives. */
import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { queryObjects } from 'node:v8'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestBroker } from '../support/broker.ts'
import type { Tokens } from '../support/hands.ts'
import { rene } from '../support/people.ts'
import { type Servers, startServers } from '../support/servers.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let servers: Servers
let upstream: Upstream
beforeAll(async () => {
  servers = await startServers()
  upstream = await startUpstream({ users: { rene } })
}, 60_000)
afterAll(async () => {
  for (const one of [upstream, servers]) await one?.[Symbol.asyncDispose]()
})

it.each([
  ['SQLite', () => ({})],
  ['PostgreSQL', async () => ({ database: await servers.postgres.fresh() })],
  [
    'PostgreSQL and Redis',
    async () => ({ database: await servers.postgres.fresh(), settings: { redis_url: servers.redis.url } }),
  ],
])(
  'over %s nothing of a request is left when it is answered',
  async (_, stores) => {
    await using broker = await startTestBroker(await stores())
    await broker.addSource(upstream)
    const client = await broker.addClient()
    const api = { name: 'P', slug: 'patients', hosts: ['api.example'], clients: [client.id] }
    await broker.created('apis', api)
    const verify = async (token: string) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...{ 'x-forwarded-method': 'GET', 'x-forwarded-host': 'api.example', 'x-forwarded-uri': '/patients/1' },
      }
      const answer = await fetch(new URL('/verify/forwarded', broker.url), { headers })
      await answer.arrayBuffer()
      return answer.status
    }

    /** Everything that is asked often: signing in, refreshing by both roads, questions, refusals, administration. */
    async function journey() {
      const { tokens, visitor } = await broker.login(client, { params: { idp_hint: 'Okta' } })
      const refreshed = (await (await broker.refresh(client, tokens.refresh_token)).json()) as Tokens
      expect(await verify(refreshed.access_token)).toBe(200)
      expect(await verify('garbage')).toBe(401)
      expect((await broker.introspect(client, refreshed.access_token)).body.active).toBe(true)
      expect((await broker.refresh(client, 'garbage')).status).toBe(400)
      expect((await broker.admin('GET', 'clients')).status).toBe(200)
      const bye = `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`
      expect((await visitor.request(bye)).status).toBe(303)
    }
    const kept = async (journeys: number) => {
      for (let done = 0; done < journeys; done += 1) await journey()
      return queryObjects(IncomingMessage, { format: 'count' })
    }

    const before = await kept(4)
    // Twelve requests each, and those to the upstream; what may be left is the last request of a connection.
    expect((await kept(10)) - before).toBeLessThan(20)
  },
  120_000,
)

it('an open connection does not keep what was asked on it last', async () => {
  await using broker = await startTestBroker()
  const port = Number(broker.url.port)
  const ask = async () => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.write('GET /verify/forwarded HTTP/1.1\r\nHost: gatehouse\r\nX-Forwarded-Method: GET\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /)
    return socket
  }
  ;(await ask()).destroy()
  const before = queryObjects(IncomingMessage, { format: 'count' })
  const sockets = await Promise.all(Array.from({ length: 30 }, ask))
  try {
    expect(queryObjects(IncomingMessage, { format: 'count' }) - before).toBeLessThan(3)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})

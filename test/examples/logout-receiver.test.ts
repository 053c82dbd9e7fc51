import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createLogoutReceiver } from '../../examples/backchannel-logout/logout-receiver.ts'
import { freePort, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let upstream: Upstream
let broker: TestBroker
let client: TestClient
let receiver: Server
let address: string
const ended: string[] = []

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  upstream = await startUpstream({ users: { rene } })
  const port = await freePort()
  address = `http://localhost:${port}/backchannel-logout`
  broker = await startTestBroker({ settings: { backchannel_logout: { private_hosts: ['localhost'] } } })
  await broker.addSource(upstream)
  client = await broker.addClient({ backchannel_logout_uri: address })
  const endSessions = async (sid: string) => void ended.push(sid)
  receiver = createLogoutReceiver({ issuer: broker.issuer, clientId: client.id, endSessions })
  await new Promise<void>((done) => receiver.listen(port, 'localhost', done))
  expect((receiver.address() as AddressInfo).port).toBe(port)
})
afterAll(async () => {
  vi.restoreAllMocks()
  receiver.closeAllConnections()
  receiver.close()
  await broker[Symbol.asyncDispose]()
  await upstream.stop()
})

it('is what docs/applications.md shows, word for word', async () => {
  const root = join(import.meta.dirname, '..', '..')
  const read = (file: string) => readFile(join(root, file), 'utf8')
  const code = await read('examples/backchannel-logout/logout-receiver.ts')
  expect(await read('docs/applications.md')).toContain(`\`\`\`ts\n${code}\`\`\`\n`)
})

it('ends the session that the broker names, and no other', async () => {
  const { visitor, tokens, id } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  await visitor.request(`${broker.issuer}/logout?id_token_hint=${tokens.id_token}`)
  await vi.waitFor(() => expect(ended).toEqual([id.sid]))
})

it('refuses what is no logout token of the broker for this client', async () => {
  const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  for (const logout_token of [tokens.id_token, tokens.access_token, 'nonsense', '']) {
    const answer = await fetch(address, { method: 'POST', body: new URLSearchParams({ logout_token }) })
    expect(answer.status).toBe(400)
  }
  expect(ended).toHaveLength(1)
})

/** F44: everything is gone but a backup, the secret keys and the name. The order is that of docs/operations/backup.md. */
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aPlace } from '../cli/run.ts'
import { freePort, startTestBroker, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
})
afterAll(() => upstream?.stop())

it('F44 tokens of before verify there, people are who they were, and nobody comes in without the keys', {
  timeout: 120_000,
}, async () => {
  await using here = await aPlace()
  await using there = await aPlace()
  const port = await freePort()
  const folder = join(here.folder, 'backup')
  const params = { idp_hint: 'Okta' }
  const before = await startTestBroker({ database: here.database, port })
  const { issuer, keys } = before
  const environment = {
    GATEHOUSE_ISSUER: issuer,
    GATEHOUSE_SECRET_KEY: keys.map((key) => key.toString('base64')).join(','),
  }
  await before.addSource(upstream)
  const client = await before.addClient()
  const { tokens, access } = await before.login(client, { params })
  const backedUp = await here.run(['backup', folder], environment)
  expect(backedUp, backedUp.err).toMatchObject({ code: 0 })
  await before[Symbol.asyncDispose]()
  await rm(dirname(here.database.slice('sqlite:'.length)), { recursive: true })

  // 1. The database; 2. the keys, without which nothing starts; 3. Redis is empty; 4. the name.
  const restored = await there.run(['restore', folder], environment)
  expect(restored, restored.err).toMatchObject({ code: 0 })
  const { restored: done, issuer: named } = await there.json(['restore', folder, '--force'], environment)
  expect([done, named]).toEqual([true, issuer])
  await expect(startTestBroker({ database: there.database, port, keys: [Buffer.alloc(32, 9)] })).rejects.toThrow()
  expect((await there.run(['doctor'], environment)).out).not.toMatch(/^fail/m)

  await using after = await startTestBroker({ database: there.database, port, keys })
  const jwks = createLocalJWKSet((await (await fetch(`${issuer}/jwks`)).json()) as JSONWebKeySet)
  const { payload } = await jwtVerify(tokens.access_token, jwks, { issuer, audience: client.id })
  expect(payload.sub).toBe(access.sub)
  // Who was signed in is not, and can be again as the same person.
  expect((await after.introspect(client, tokens.access_token)).body).toEqual({ active: false })
  const again = await after.login(client, { params })
  expect(again.access.sub).toBe(access.sub)
  const refreshed = (await (await after.refresh(client, again.tokens.refresh_token)).json()) as Tokens
  expect((await after.introspect(client, refreshed.access_token)).body.active).toBe(true)
})

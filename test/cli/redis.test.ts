/** The command line beside a broker whose live state is in Redis, and before a terminal. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { startTestBroker, type Tokens } from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { startRedis } from '../support/redis.ts'
import { createVisitor } from '../support/visitor.ts'
import { aPlace, oneOfEach, secrets } from './run.ts'

vi.setConfig({ testTimeout: 90_000 })

it('sees and ends the sessions that lie in Redis, one or all of a user, and applies what shuts somebody out there', async () => {
  await using redis = await startRedis()
  await using place = await aPlace()
  await using broker = await startTestBroker({
    database: place.database,
    settings: { redis_url: redis.url },
  })
  const environment = {
    GATEHOUSE_ISSUER: broker.config.issuer,
    GATEHOUSE_SECRET_KEY: broker.keys.map((key) => key.toString('base64')).join(','),
    REDIS_URL: redis.url,
  }
  const ada = { username: 'ada', password: 'a machine that weaves' }
  const { id } = await broker.created('users', ada)
  const client = await broker.addClient()
  const signIn = async () => {
    const { code = '', verifier } = await signInWithPassword(broker, createVisitor(), client, ada)
    return (await (await broker.redeem(client, code, verifier)).json()) as Tokens
  }
  const isAlive = async ({ access_token }: Tokens) => (await broker.introspect(client, access_token)).body.active
  const [one, two, three] = [await signIn(), await signIn(), await signIn()]
  const listed = await place.json(['sessions', 'list', '--user', id], environment)
  expect(listed.items).toHaveLength(3)
  expect((await place.json(['sessions', 'list', '--user', 'Ada'], environment)).items).toEqual(listed.items)

  expect(await place.json(['sessions', 'end', listed.items[0].id], environment)).toMatchObject({ code: 0 })
  expect(await Promise.all([one, two, three].map(isAlive))).toEqual([true, true, false])
  await broker.created('users', { username: 'sly', password: 'a machine that weaves', name: id })
  const all = await place.json(['sessions', 'end', '--user', id], environment)
  expect(all).toMatchObject({ code: 0, user: id, ended: 2 })
  expect(await Promise.all([one, two, three].map(isAlive))).toEqual([false, false, false])
  expect((await place.json(['sessions', 'list'], environment)).items).toEqual([])
  const nobody = await place.json(['sessions', 'end', '--user', 'adam'], environment)
  expect(nobody, 'a name that nobody has').toMatchObject({ code: 1, error: { code: 'not_found' } })
  const namesake = { username: 'lovelace', password: 'a machine that weaves', name: 'ada' }
  const { id: other } = await broker.created('users', namesake)
  const both = await place.json(['sessions', 'end', '--user', 'ada'], environment)
  expect(both).toMatchObject({ code: 1, error: { code: 'conflict', message: expect.stringContaining(other) } })
  for (const args of [[], ['x', '--user', id]])
    expect((await place.run(['sessions', 'end', ...args], environment)).code).toBe(2)

  const file = await place.file('off.yaml', {
    users: [{ username: 'ada', enabled: false }],
  })
  await new Promise((resolve) => setTimeout(resolve, 1100)) // A token of the very second of a block is dead with it.
  const four = await signIn()
  expect(await isAlive(four)).toBe(true)
  expect((await place.run(['apply', file, '--yes'], environment)).code).toBe(0)
  expect(await isAlive(four)).toBe(false)

  await redis.kill()
  const away = await place.json(['sessions', 'list'], environment)
  expect([away.code, away.error.code]).toEqual([3, expect.any(String)])
})

it.each([
  ['y', 0, 'Applied.'],
  ['n', 1, 'Nothing was changed.'],
  ['', 1, 'Nothing was changed.'],
])('asks before a terminal, shows the plan first, and does what %j says', async (answer, code, last) => {
  await using place = await aPlace(secrets)
  const file = await place.file('all.yaml', oneOfEach)
  const command = [process.execPath, join(import.meta.dirname, '..', '..', 'bin', 'gatehouse.mjs'), 'apply', file]
  const child = spawn('script', ['-qec', command.map((word) => `'${word}'`).join(' '), '/dev/null'], {
    cwd: place.folder,
    env: { PATH: process.env.PATH, DATABASE_URL: place.database, TERM: 'dumb', ...secrets },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const wasAsked = shown.includes('[y/N]')
    shown += text
    if (!wasAsked && shown.includes('[y/N]')) child.stdin.write(`${answer}\n`)
  })
  const [exit] = await once(child, 'close')
  expect([exit, shown.includes(last)], shown).toEqual([code, true])
  expect(shown.indexOf('authentication-sources Okta')).toBeLessThan(shown.indexOf('Apply this? [y/N]'))
  for (const secret of Object.values(secrets)) expect(shown).not.toContain(secret)
  expect((await place.run(['export'])).out.includes('slug: developers')).toBe(code === 0)
})

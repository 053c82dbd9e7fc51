import { existsSync } from 'node:fs'
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { startTestBroker } from '../support/broker.ts'
import { startPostgres } from '../support/postgres.ts'
import { folderOf } from '../support/program.ts'
import { aPlace, oneOfEach, secrets } from './run.ts'

// Each process takes its seconds, and more on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

/** A broker over the place's database, and what the command line must be told to work beside it. */
async function beside(place: Awaited<ReturnType<typeof aPlace>>) {
  const broker = await startTestBroker({ database: place.database })
  const environment = {
    GATEHOUSE_ISSUER: broker.config.issuer,
    GATEHOUSE_SECRET_KEY: broker.keys.map((key) => key.toString('base64')).join(','),
  }
  return { broker, environment, [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() }
}

it('brings a lost administrator back, whatever became of them, and gives others another password', async () => {
  await using place = await aPlace(secrets)
  const file = await place.file('all.yaml', {
    ...oneOfEach,
    'authentication-sources': oneOfEach['authentication-sources'].slice(0, 1),
    users: [],
  })
  expect((await place.run(['apply', file, '--yes'])).code).toBe(0)

  const lost = await place.json(['admin', 'reset-password'])
  expect(lost).toMatchObject({ code: 0, username: 'admin', password: expect.stringMatching(/^.{24}$/) })
  const disabled = { username: 'admin', enabled: false }
  const off = await place.file('off.yaml', { users: [disabled, { username: 'ada', password: 'env:ADA' }] })
  expect((await place.run(['apply', off, '--yes'])).code).toBe(0)
  const again = await place.json(['admin', 'reset-password'])
  expect(again.password).not.toBe(lost.password)
  const { users } = await place.json(['export', '--kinds', 'users'])
  expect(users).toMatchObject([
    { username: 'admin', roles: [{ name: 'admin', client: 'gatehouse' }] },
    { username: 'ada' },
  ])
  expect(users[0]).not.toHaveProperty('enabled')

  const other = await place.json(['admin', 'reset-password', 'ADA'])
  expect(other).toMatchObject({ code: 0, password: expect.any(String) })
  const same = await place.file('same.yaml', { users: [{ username: 'ada', password: 'env:ADA' }] })
  expect((await place.json(['apply', same, '--dry-run'], { ADA: other.password })).steps).toEqual([])
  expect((await place.json(['admin', 'reset-password', 'nobody'])).code).toBe(1)
})

it('shows, rotates and revokes signing keys, and a running broker follows', async () => {
  await using place = await aPlace()
  await using running = await beside(place)
  const { items } = await place.json(['keys', 'list'], running.environment)
  const active = items.find(({ state }: { state: string }) => state === 'active')
  expect(JSON.stringify(items)).not.toContain('"d"')
  const early = await place.json(['keys', 'rotate'], running.environment)
  expect(early).toMatchObject({ code: 1, error: { code: 'signing_key_too_new' } })

  expect((await place.run(['keys', 'revoke', active.kid], running.environment)).code).toBe(0)
  await expect
    .poll(async () => (await (await fetch(`${running.broker.config.issuer}/jwks`)).text()).includes(active.kid), {
      timeout: 5000,
    })
    .toBe(false)
  expect((await place.json(['keys', 'revoke', active.kid], running.environment)).error.code).toBe('not_found')
  const hyphened = `-${'x'.repeat(42)}`
  expect((await place.json(['keys', 'revoke', hyphened], running.environment)).error).toMatchObject({
    code: 'not_found',
    message: expect.stringContaining(hyphened),
  })
})

it('leaves quietly when its reader has had enough, and says when its answer cannot be written', async () => {
  await using place = await aPlace()
  expect(await place.runInto('nowhere', ['schema'])).toEqual({ code: 0, err: '' })
  await using full = await open('/dev/full', 'w')
  expect(await place.runInto(full.fd, ['schema'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^The answer cannot be written: ENOSPC.*\n$/),
  })
})

it('says that a folder cannot be made, below /proc too', async () => {
  await using place = await aPlace()
  await using running = await beside(place)
  const nowhere = await place.run(['backup', '/proc/nowhere/at/all'], running.environment)
  expect(nowhere).toMatchObject({ code: 1, err: expect.stringMatching(/^ENOENT: .*mkdir/) })
  const deep = join(place.folder, 'one', 'two', 'three')
  expect((await place.run(['backup', deep], running.environment)).code).toBe(0)
  expect((await stat(join(place.folder, 'one'))).mode & 0o077).toBe(0)
})

it('names the commands there are, and those that begin with the same word', async () => {
  await using place = await aPlace()
  const keys = await place.run(['keys', '--help'])
  expect([keys.code, keys.out]).toEqual([0, expect.stringMatching(/keys list .*\n *keys rotate .*\n *keys revoke KID/)])
  expect(keys.out).not.toContain('apply')
  for (const args of [['keys'], ['keys', 'nope']])
    expect(await place.run(args)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('gatehouse keys rotate'),
    })
  const nothing = await place.json(['nope'])
  expect(nothing).toMatchObject({
    code: 2,
    error: { code: 'UsageProblem', message: expect.stringMatching(/^There is no command nope:/) },
  })
})

it('tells in words and by its exit code what is the matter with an installation', async () => {
  await using place = await aPlace()
  const before = await place.json(['doctor'])
  expect(before.code).toBe(1)
  expect(before.findings.at(-1)).toMatchObject({ what: 'database', state: 'fail' })
  expect(existsSync(join(place.folder, 'data'))).toBe(false)

  await using running = await beside(place)
  const healthy = await place.json(['doctor'], running.environment)
  const states = Object.fromEntries(healthy.findings.map(({ what, state }: Record<string, string>) => [what, state]))
  expect({ code: healthy.code, ...states }).toMatchObject({
    code: 0,
    settings: 'ok',
    database: 'ok',
    'secret keys': 'ok',
    [`issuer ${running.broker.config.issuer}`]: 'ok',
    'authentication source local': 'ok',
  })
  const other = { ...running.environment, GATEHOUSE_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') }
  expect((await place.run(['doctor'], other)).code).toBe(1)
  const misspelt = await place.run(['doctor'], { GATEHOUSE_ISSUER: 'nonsense' })
  expect(misspelt).toMatchObject({ code: 1, out: expect.stringContaining('fail  settings') })
  const unknown = await place.json(['doctor'], { ...running.environment, GATEHOUSE_ISUER: 'x' })
  expect(unknown).toMatchObject({
    code: 0,
    findings: [{}, { what: 'GATEHOUSE_ISUER', state: 'warn' }, {}, {}, {}, {}, {}, {}],
  })

  const nobody = 'postgres://gatehouse@127.0.0.1:1/gatehouse'
  const away = await place.json(['doctor'], { ...other, DATABASE_URL: nobody })
  expect(away).toMatchObject({ code: 3, findings: [{}, { what: 'database', state: 'fail', unanswered: true }] })
  const halfAway = await place.json(['doctor'], { ...running.environment, REDIS_URL: 'redis://127.0.0.1:1' })
  expect(halfAway.code).toBe(3)
  const both = await place.run(['doctor'], { ...other, REDIS_URL: 'redis://127.0.0.1:1' })
  expect(both.code, 'something is wrong whatever Redis would say').toBe(1)
})

it('backs up while a broker runs, and restores what was, but nobody’s session and no secret key', async () => {
  await using place = await aPlace(secrets)
  const folder = join(place.folder, 'backup')
  let environment: Record<string, string>
  {
    await using running = await beside(place)
    environment = running.environment
    const file = await place.file('all.yaml', {
      clients: oneOfEach.clients
        .slice(1, 2)
        .map(({ client_id }) => ({ client_id, grant_types: ['client_credentials'] })),
    })
    expect((await place.run(['apply', file, '--yes'], environment)).code).toBe(0)
    const done = await place.run(['backup', folder], environment)
    expect(done, done.err).toMatchObject({ code: 0, err: expect.stringContaining('secret keys are not in it') })
    const files = [join(folder, 'gatehouse.db'), join(folder, 'manifest.json'), place.database.slice('sqlite:'.length)]
    for (const file of files) expect((await stat(file)).mode & 0o077, `${file}, for its owner only`).toBe(0)
    expect((await place.run(['backup', folder], environment)).code).toBe(1)
    const early = await place.run(['restore', folder, '--force'], environment)
    expect(early).toMatchObject({ code: 1, err: expect.stringContaining('is in use: stop every server first') })
    expect((await place.run(['sessions', 'list'], environment)).code, 'nothing was touched').toBe(0)
  }
  const key = environment.GATEHOUSE_SECRET_KEY ?? ''
  expect((await readFile(join(folder, 'manifest.json'), 'utf8')).includes(key)).toBe(false)

  expect((await place.run(['restore', folder], environment)).code).toBe(1)
  await rm(join(place.folder, 'data'), { recursive: true })
  const restored = await place.run(['restore', folder], environment)
  expect(restored, restored.err).toMatchObject({ code: 0 })
  const { clients } = await place.json(['export', '--kinds', 'clients'], environment)
  expect(clients).toMatchObject([{ client_id: 'automation' }, { client_id: 'gateway' }])
  const strange = await place.run(['restore', folder, '--force'], {
    ...environment,
    GATEHOUSE_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
  })
  expect(strange.err).toContain('bring them back before a server starts')

  const nowhere = await place.run(['restore', join(place.folder, 'nowhere')], environment)
  expect(nowhere, 'a no, and no outage').toMatchObject({
    code: 1,
    err: expect.stringContaining('has no manifest.json'),
  })
  for (const [damaged, why] of [
    ['', 'there is no registry in it'],
    ['nothing that SQLite has written', 'file is not a database'],
  ] as const) {
    await writeFile(join(folder, 'gatehouse.db'), damaged)
    const refused = await place.run(['restore', folder, '--force'], environment)
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(`gatehouse.db is no whole backup: ${why}`) })
    expect(await place.json(['export', '--kinds', 'clients'], environment), 'what was there stays').toMatchObject({
      clients,
    })
  }
})

it('backs PostgreSQL up and restores it with its own tools', async () => {
  await using postgres = await startPostgres()
  const common = {
    ...secrets,
    GATEHOUSE_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    GATEHOUSE_POSTGRES_TOOLS: await folderOf('postgres'),
  }
  await using place = await aPlace({ ...common, DATABASE_URL: await postgres.fresh() })
  const file = await place.file('all.yaml', oneOfEach)
  expect((await place.run(['apply', file, '--yes'])).code).toBe(0)
  const folder = join(place.folder, 'backup')
  const done = await place.run(['backup', folder])
  expect(done, done.err).toMatchObject({ code: 0 })
  for (const file of await readdir(folder))
    expect((await stat(join(folder, file))).mode & 0o077, `${file}, for its owner only`).toBe(0)
  expect((await place.run(['restore', folder])).code).toBe(1)

  const other = { DATABASE_URL: await postgres.fresh() }
  await postgres.query(
    'create table of_somebody_else (id int); insert into of_somebody_else values (7)',
    other.DATABASE_URL,
  )
  const restored = await place.run(['restore', folder], other)
  expect(restored, restored.err).toMatchObject({ code: 0 })
  expect(await postgres.query('select id from of_somebody_else', other.DATABASE_URL)).toEqual([{ id: 7 }])
  expect((await place.json(['apply', file, '--yes', '--prune'], other)).steps).toEqual([])

  const stray = { DATABASE_URL: other.DATABASE_URL.replace('gatehouse@', 'gatehouse:50%off%21@') }
  const oddly = await place.run(['backup', folder, '--force'], stray)
  expect(oddly, `${oddly.err}: the server takes that password as well`).toMatchObject({ code: 0 })

  const authority = await postgres.useTls()
  await postgres.stop()
  await postgres.start()
  const named = other.DATABASE_URL.replace('127.0.0.1', 'localhost')
  const verified = { DATABASE_URL: `${named}?sslmode=verify-full&sslrootcert=${authority}` }
  const safely = await place.run(['backup', folder, '--force'], verified)
  expect(safely, safely.err).toMatchObject({ code: 0 })
})

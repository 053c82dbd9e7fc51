/** A database that another version of the broker has used, or is to use again. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { StartProblem } from '../../src/errors.ts'
import { oldDatabase } from '../stores/old-database.ts'
import { startTestBroker } from '../support/broker.ts'
import { startPostgres } from '../support/postgres.ts'
import { folderOf } from '../support/program.ts'
import { aPlace } from './run.ts'

// Each process takes its seconds, and more on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

const last = '0016-devices'
const newer = /brought up to date by a newer version \(0099-tomorrow\)/

it('backs an older version up as it is, refuses what a newer one keeps, and puts the one in place of the other', async () => {
  await using postgres = await startPostgres()
  const database = await postgres.fresh()
  await using place = await aPlace({
    DATABASE_URL: database,
    GATEHOUSE_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    GATEHOUSE_POSTGRES_TOOLS: await folderOf('postgres'),
  })
  const versions = async () => {
    const rows = await postgres.query<{ name: string }>('select name from kysely_migration order by name', database)
    return rows.map(({ name }) => name)
  }
  const folder = join(place.folder, 'backup')
  const empty = await place.run(['backup', folder])
  expect(empty).toMatchObject({ code: 1, err: expect.stringContaining('There is nothing in the database yet') })

  const db = await oldDatabase(database, last)
  await db.destroy()
  const made = await place.run(['backup', folder])
  expect(made, made.err).toMatchObject({ code: 0 })
  expect((await versions()).at(-1), 'the version that runs goes on with it').toBe(last)

  expect((await place.run(['export'])).code).toBe(0)
  expect((await versions()).at(-1)).not.toBe(last)
  await postgres.query(
    `create table of_tomorrow (client_id text references clients (id));
     create sequence numbers_of_tomorrow;
     create function tomorrow() returns int language sql as 'select 1';
     insert into kysely_migration values ('0099-tomorrow', '2030-01-01')`,
    database,
  )
  for (const command of [['backup', join(place.folder, 'other')], ['export'], ['keys', 'list']]) {
    const refused = await place.run(command)
    expect(refused, command.join(' ')).toMatchObject({ code: 1, err: expect.stringMatching(newer) })
    expect(refused.err, 'in words').not.toMatch(/^ +at /m)
  }
  const { code, findings } = await place.json(['doctor'])
  expect({ code, last: findings.at(-1) }).toMatchObject({
    code: 1,
    last: { what: 'database', state: 'fail', detail: expect.stringMatching(newer) },
  })
  const start = startTestBroker({ database })
  await expect(start).rejects.toThrow(StartProblem)
  await expect(start).rejects.toThrow(newer)

  const file = join(folder, 'gatehouse.dump')
  const whole = await readFile(file)
  await writeFile(file, whole.subarray(0, whole.length - 2000))
  const damaged = await place.run(['restore', folder, '--force'])
  expect(damaged).toMatchObject({ code: 1, err: expect.stringContaining('pg_restore failed') })
  expect((await versions()).at(-1), 'all of it or nothing').toBe('0099-tomorrow')
  await writeFile(file, whole)

  expect((await place.run(['restore', folder])).code).toBe(1)
  const restored = await place.run(['restore', folder, '--force'])
  expect(restored, restored.err).toMatchObject({ code: 0 })
  expect((await versions()).at(-1)).toBe(last)
  const [left] = await postgres.query<Record<string, unknown>>(
    `select to_regclass('of_tomorrow') as a, to_regclass('numbers_of_tomorrow') as b, to_regproc('tomorrow') as c`,
    database,
  )
  expect(left, 'nothing that would be in the way of tomorrow').toEqual({ a: null, b: null, c: null })
})

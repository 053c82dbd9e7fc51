import { sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration'
import { StartProblem } from '../../../errors.ts'
import type { Db } from '../schema.ts'
import { up as registry } from './0001-registry.ts'
import { up as liveState } from './0002-live-state.ts'
import { up as applications } from './0003-applications.ts'
import { up as places } from './0004-places.ts'
import { up as applicationSlugs } from './0005-application-slugs.ts'
import { up as findingRecords } from './0006-finding-records.ts'
import { up as countingSignIns } from './0007-counting-sign-ins.ts'
import { up as searchingNames } from './0008-searching-names.ts'
import { up as refusedCalls } from './0009-refused-calls.ts'
import { up as clientSecrets } from './0010-client-secrets.ts'
import { up as expiries } from './0011-expiries.ts'
import { up as secondFactors } from './0012-second-factors.ts'
import { up as namedInApis } from './0013-named-in-apis.ts'
import { up as searchingPeople } from './0014-searching-people.ts'
import { up as keysAndSecretsThatEnd } from './0015-keys-and-secrets-that-end.ts'
import { up as devices } from './0016-devices.ts'
import { up as apisOfClients } from './0017-apis-of-clients.ts'

/** By name, in order. One that has been released is never changed; what follows from it is a new one. */
const migrations: Record<string, Migration> = {
  '0001-registry': { up: registry },
  '0002-live-state': { up: liveState },
  '0003-applications': { up: applications },
  '0004-places': { up: places },
  '0005-application-slugs': { up: applicationSlugs },
  '0006-finding-records': { up: findingRecords },
  '0007-counting-sign-ins': { up: countingSignIns },
  '0008-searching-names': { up: searchingNames },
  '0009-refused-calls': { up: refusedCalls },
  '0010-client-secrets': { up: clientSecrets },
  '0011-expiries': { up: expiries },
  '0012-second-factors': { up: secondFactors },
  '0013-named-in-apis': { up: namedInApis },
  '0014-searching-people': { up: searchingPeople },
  '0015-keys-and-secrets-that-end': { up: keysAndSecretsThatEnd },
  '0016-devices': { up: devices },
  '0017-apis-of-clients': { up: apisOfClients },
}

/**
 * Brings the schema up to date. Of two processes that start at once one does the work and the other waits for it.
 * Rejects with a `StartProblem` when a newer version has been there.
 */
export async function migrate(db: Db): Promise<void> {
  const { error } = await migrator(db).migrateToLatest()
  if (!error) return
  // Where not even that can be told, what went wrong first says more.
  throw (await newerVersion(db).catch(() => undefined)) ?? error
}

/**
 * What the next start will do to the schema, and whether any of it is there; changes nothing. Rejects with a
 * `StartProblem` when a newer version has been there.
 */
export async function schemaState(db: Db): Promise<{ readonly pending: readonly string[]; readonly isUsed: boolean }> {
  const known = await migrator(db).getMigrations()
  const pending = known.flatMap(({ name, executedAt }) => (executedAt ? [] : [name]))
  const isUsed = pending.length < known.length
  const newer = isUsed && (await newerVersion(db))
  if (newer) throw newer
  return { pending, isUsed }
}

/** There is no way back: what a newer version keeps, this one does not know. */
async function newerVersion(db: Db): Promise<StartProblem | undefined> {
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(db)
  const newer = rows.flatMap(({ name }) => (name in migrations ? [] : [name]))
  if (newer.length === 0) return undefined
  return new StartProblem(
    `The database was brought up to date by a newer version (${newer.join(', ')}), and this one does not know what it ` +
      'keeps: start that version again, or restore a backup from before it',
  )
}

const migrator = (db: Db) => new Migrator({ db, provider: { getMigrations: async () => migrations } })

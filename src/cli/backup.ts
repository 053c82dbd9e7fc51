/** `gatehouse backup` and `restore`. docs/operations/backup.md says in which order what else is brought back. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { seconds } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { StartProblem } from '../errors.ts'
import { makeFolder } from '../folders.ts'
import { version } from '../version.ts'
import type { Given, World } from './command.ts'
import { dumpPostgres, restorePostgres } from './postgres-tools.ts'
import { type ExitCode, exitCodes } from './problems.ts'

/** What a backup says about itself. */
const Manifest = z.object({
  version: z.string(),
  made_at: z.string(),
  database: z.enum(['sqlite', 'postgres']),
  issuer: z.string(),
  /** The beginnings of their SHA-256: the keys themselves are kept elsewhere. */
  secret_key_ids: z.array(z.string()),
})
type Manifest = z.infer<typeof Manifest>

const files = { sqlite: 'gatehouse.db', postgres: 'gatehouse.dump' } as const
const keysApart =
  'The secret keys are not in it: keep GATEHOUSE_SECRET_KEY, or secret.key beside the database, elsewhere.'

export async function backUp(given: Given, world: World): Promise<ExitCode> {
  const [folder = ''] = given.parameters
  const manifest = join(folder, 'manifest.json')
  if (existsSync(manifest) && !given.has('force'))
    throw new StartProblem(`${folder} has a backup already; --force takes its place`)
  const config = await world.config()
  const { backUpSqlite, leftOut, inspectDatabase, secretKeyIds } = await world.database()
  const { pending, isUsed } = await inspectDatabase(config.database_url)
  if (!isUsed) throw new StartProblem('There is nothing in the database yet')
  // To open the registry brings its schema up to date: what another version is to find again stays as that has left it.
  if (pending.length === 0) await (await world.registry())[Symbol.asyncDispose]()
  makeFolder(folder)
  // pg_dump makes its file for everybody to read otherwise.
  process.umask(0o077)
  const { kind, file } = databaseOf(config)
  const target = join(folder, files[kind])
  if (kind === 'sqlite') await backUpSqlite(file, target)
  else await dumpPostgres(target, leftOut, { config, world })
  const content: Manifest = {
    ...{ version, made_at: new Date().toISOString(), database: kind, issuer: config.issuer },
    secret_key_ids: [...(await secretKeyIds(config))],
  }
  await writeFile(manifest, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 })
  world.terminal.remark(keysApart)
  world.terminal.answer({ folder, ...content }, `Backed up to ${folder}.`)
  return exitCodes.done
}

export async function restore(given: Given, world: World): Promise<ExitCode> {
  const [folder = ''] = given.parameters
  const manifest = await readManifest(folder)
  const config = await world.config()
  const { kind, file } = databaseOf(config)
  if (manifest.database !== kind)
    throw new StartProblem(`The backup is of ${manifest.database}, and database_url names ${kind}`)
  const { restoreSqlite, holdsAnything, endWhatWasLive } = await world.database()
  const replaces = given.has('force')
  if (!replaces && (await holdsAnything(config.database_url)))
    throw new StartProblem('There is a database already: stop every server, and --force takes its place')
  const source = join(folder, files[kind])
  if (kind === 'sqlite') await restoreSqlite(source, file)
  else await restorePostgres(source, replaces, { config, world })
  await endWhatWasLive(config.database_url, seconds(Date.now()))
  for (const remark of await afterwards(manifest, world)) world.terminal.remark(remark)
  world.terminal.answer({ restored: true, ...manifest }, `Restored what was backed up at ${manifest.made_at}.`)
  return exitCodes.done
}

async function afterwards(manifest: Manifest, world: World): Promise<readonly string[]> {
  const config = await world.config()
  const there = await (await world.database()).secretKeyIds(config)
  const missing = manifest.secret_key_ids.filter((id) => !there.includes(id))
  return [
    ...(missing.length > 0
      ? [`It was made with the secret keys ${missing.join(', ')}: bring them back before a server starts.`]
      : []),
    ...(config.issuer === manifest.issuer
      ? []
      : [`The issuer was ${manifest.issuer}: tokens of before verify only while it is the same.`]),
    'Nobody is signed in any more.',
  ]
}

async function readManifest(folder: string): Promise<Manifest> {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')))
  } catch (cause) {
    throw new StartProblem(`${folder} has no manifest.json of a backup`, { cause })
  }
}

function databaseOf({ database_url: url }: Config) {
  return url.startsWith('sqlite:')
    ? ({ kind: 'sqlite', file: url.slice('sqlite:'.length) } as const)
    : ({ kind: 'postgres', file: '' } as const)
}

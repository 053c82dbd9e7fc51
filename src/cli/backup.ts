/** `gatehouse backup` and `restore`. docs/operations/backup.md says in which order what else is brought back. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { seconds } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { StartProblem } from '../errors.ts'
import { makeFolder } from '../folders.ts'
import { version } from '../version.ts'
import type { Given, World } from './command.ts'
import { type ExitCode, exitCodes } from './problems.ts'

const run = promisify(execFile)

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
  await using registry = await world.registry()
  const { config, vault, clock } = registry
  makeFolder(folder)
  // pg_dump makes its file for everybody to read otherwise.
  process.umask(0o077)
  const { backUpSqlite, leftOut } = await world.database()
  const { kind, file } = databaseOf(config)
  const target = join(folder, files[kind])
  if (kind === 'sqlite') await backUpSqlite(file, target)
  else {
    const without = leftOut.map((table) => `--exclude-table-data=${table}`)
    await postgresTool('pg_dump', ['--format=custom', `--file=${target}`, ...without], config, world)
  }
  const content: Manifest = {
    ...{ version, made_at: new Date(clock()).toISOString(), database: kind, issuer: config.issuer },
    secret_key_ids: [...vault.keyIds],
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
  if (!given.has('force') && (await holdsAnything(config.database_url)))
    throw new StartProblem('There is a database already: stop every server, and --force takes its place')
  const source = join(folder, files[kind])
  if (kind === 'sqlite') await restoreSqlite(source, file)
  else
    await postgresTool(
      'pg_restore',
      [
        '--clean',
        '--if-exists',
        '--no-owner',
        '--single-transaction',
        '--dbname',
        postgresEnvironment(config).PGDATABASE,
        source,
      ],
      config,
      world,
    )
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

/** What the address may say beside that, in the words of PostgreSQL's tools. */
const variablesOf: Readonly<Record<string, string>> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  options: 'PGOPTIONS',
}

/** Where the server is; not among the arguments, which everybody on the machine can read. */
function postgresEnvironment({ database_url }: Config) {
  const { hostname, port, username, password, pathname, searchParams } = new URL(database_url)
  const more = Object.entries(variablesOf).flatMap(([name, variable]) => {
    const value = searchParams.get(name)
    return value ? [[variable, value]] : []
  })
  return {
    ...{ PGHOST: hostname.replace(/^\[|\]$/g, ''), PGPORT: port || '5432', PGUSER: decodeURIComponent(username) },
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    ...(password && { PGPASSWORD: decodeURIComponent(password) }),
    ...Object.fromEntries(more),
  }
}

async function postgresTool(tool: string, args: readonly string[], config: Config, { environment }: World) {
  const program = join(environment.GATEHOUSE_POSTGRES_TOOLS ?? '', tool)
  try {
    await run(program, [...args], { env: { ...environment, ...postgresEnvironment(config) } })
  } catch (cause) {
    const { code, stderr = '' } = cause as NodeJS.ErrnoException & { readonly stderr?: string }
    const elsewhere =
      `${tool} is not installed here. Where it is: ${tool} ${args.join(' ')}, with the database in PGHOST, PGUSER, ` +
      'PGPASSWORD and PGDATABASE; GATEHOUSE_POSTGRES_TOOLS names its folder'
    throw new StartProblem(code === 'ENOENT' ? elsewhere : `${tool} failed: ${stderr}`.trim(), { cause })
  }
}

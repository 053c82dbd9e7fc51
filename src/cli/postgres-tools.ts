/** PostgreSQL's own tools: what they are told, and what they say. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Config } from '../config/schema.ts'
import { StartProblem } from '../errors.ts'
import type { World } from './command.ts'

interface Where {
  readonly config: Config
  readonly world: Pick<World, 'environment'>
}

/** @param leftOut the tables whose rows stay out. */
export async function dumpPostgres(file: string, leftOut: readonly string[], where: Where): Promise<void> {
  const without = leftOut.map((table) => `--exclude-table-data=${table}`)
  await start('pg_dump', ['--format=custom', `--file=${file}`, ...without], where).done
}

/**
 * One transaction: all of it or nothing.
 * @param replaces What a newer version has made refers to what the dump brings, and the dump does not know of it: so
 * everything that is there goes first. Else nothing goes: it may be somebody else's.
 */
export async function restorePostgres(file: string, replaces: boolean, where: Where): Promise<void> {
  const reader = start('pg_restore', ['--no-owner', '--file=-', file], where)
  const writer = start('psql', ['--no-psqlrc', '--quiet', '--output=/dev/null', '--set=ON_ERROR_STOP=1'], where)
  writer.child.stdin.write(`begin;\n${replaces ? removeEverything : ''}\n`)
  reader.child.stdout.pipe(writer.child.stdin, { end: false })
  const read = reader.done.then(
    () => void writer.child.stdin.end('commit;\n'),
    (error) => {
      // Without the last word nothing of it has happened.
      writer.child.stdin.end()
      throw error
    },
  )
  const written = writer.done.finally(() => reader.child.kill())
  const [reading] = await Promise.allSettled([read, written])
  await written
  if (reading.status === 'rejected') throw reading.reason
}

// Each reference that goes with a table would be told of.
const removeEverything = `
set local client_min_messages = warning;
do $$
declare it text;
begin
  for it in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = current_schema() loop
    execute 'drop table ' || it || ' cascade';
  end loop;
  for it in select format('%I.%I', schemaname, sequencename) from pg_sequences where schemaname = current_schema() loop
    execute 'drop sequence ' || it || ' cascade';
  end loop;
  for it in select oid::regprocedure from pg_proc
    where pronamespace = current_schema()::regnamespace
      and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
  loop
    execute 'drop routine if exists ' || it || ' cascade';
  end loop;
end $$;`

function start(tool: string, args: readonly string[], { config, world: { environment } }: Where) {
  const program = join(environment.GATEHOUSE_POSTGRES_TOOLS ?? '', tool)
  const child = spawn(program, [...args], { env: { ...environment, ...postgresEnvironment(config) } })
  // Whoever does not read on has ended, and says why.
  child.stdin.on('error', () => {})
  return { child, done: ended(tool, args, child) }
}

async function ended(tool: string, args: readonly string[], child: ReturnType<typeof spawn>): Promise<void> {
  const said = child.stderr ? text(child.stderr) : ''
  const [code] = await once(child, 'close').catch((cause) => {
    const elsewhere =
      `${tool} is not installed here. Where it is: ${tool} ${args.join(' ')}, with the database in PGHOST, PGUSER, ` +
      'PGPASSWORD and PGDATABASE; GATEHOUSE_POSTGRES_TOOLS names its folder'
    throw cause.code === 'ENOENT' ? new StartProblem(elsewhere, { cause }) : cause
  })
  if (code !== 0) throw new StartProblem(`${tool} failed: ${await said}`.trim())
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
    ...{ PGHOST: hostname.replace(/^\[|\]$/g, ''), PGPORT: port || '5432', PGUSER: decoded(username) },
    PGDATABASE: decoded(pathname.slice(1)),
    ...(password && { PGPASSWORD: decoded(password) }),
    ...Object.fromEntries(more),
  }
}

/** A `%` that begins no escape stands for itself, as it does where the server reads the address. */
const decoded = (part: string): string => decodeURIComponent(part.replace(/%(?![\da-f]{2})/gi, '%25'))

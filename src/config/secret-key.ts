import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StartProblem } from '../errors.ts'
import { makeFolder } from '../folders.ts'
import type { Config } from './schema.ts'

/**
 * The keys that encrypt secrets at rest, 32 bytes each; the first encrypts, all decrypt. For the embedded store
 * without configured keys there is one in `secret.key` beside the database file, made when there is no database yet.
 */
export async function secretKeys({
  secret_keys,
  database_url,
}: Pick<Config, 'secret_keys' | 'database_url'>): Promise<Buffer[]> {
  if (secret_keys) return secret_keys.map((key) => Buffer.from(key, 'base64'))
  if (!database_url.startsWith('sqlite:')) throw new Error('secret_keys is needed for a database server')
  const database = database_url.slice('sqlite:'.length)
  if (database === ':memory:') return [randomBytes(32)]

  const folder = dirname(database)
  const file = join(folder, 'secret.key')
  // First: whoever makes a database has made its key before.
  const isUsed = await holdsSomething(database)
  const present = await readKey(file)
  if (present) return [present]
  if (isUsed)
    throw new StartProblem(
      `${file} is missing, and ${database} was sealed with another key: bring that back, or set GATEHOUSE_SECRET_KEY`,
    )
  makeFolder(folder)
  await makeKey(file)
  const made = await readKey(file)
  if (!made) throw new Error(`${file} disappeared while it was being made`)
  return [made]
}

async function holdsSomething(database: string): Promise<boolean> {
  try {
    return (await stat(database)).size > 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function readKey(file: string): Promise<Buffer | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== 32) throw new StartProblem(`${file} does not hold 32 bytes in base64`)
  return key
}

/** Of any number of processes at once, one makes the key. A link shows the file whole and on disk, or not at all. */
async function makeKey(file: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(`${randomBytes(32).toString('base64')}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** A SQLite database as a file of its own, taken while a server may be writing; and PostgreSQL's, in its tools' words. */
import { existsSync } from 'node:fs'
import { chmod, copyFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { StartProblem } from '../../errors.ts'
import { makeFolder } from '../../folders.ts'
import { isBusy } from './sqlite-errors.ts'

/**
 * Who is signed in, and what is under way: left out, because what has ended since a backup was taken must not live again
 * with it. Marks stay: they only ever refuse.
 */
export const leftOut = ['sessions', 'grants', 'artifacts', 'trips', 'departures', 'attempts'] as const

/** Everything that was committed when it began, and perhaps more; whole in any case. */
export async function backUpSqlite(file: string, target: string): Promise<void> {
  {
    using source = new DatabaseSync(file, { readOnly: true })
    await backup(source, target)
  }
  await chmod(target, 0o600)
  using copy = new DatabaseSync(target)
  copy.exec('pragma journal_mode = delete')
  for (const table of leftOut) copy.exec(`delete from ${table}`)
  // What was deleted would otherwise still stand in the file.
  copy.exec('vacuum')
}

/** Over the file that is there, with its log. Rejects with a `StartProblem` while anybody has that open, and over a backup that is none. */
export async function restoreSqlite(backupFile: string, file: string): Promise<void> {
  requireWhole(backupFile)
  requireUnused(file)
  makeFolder(dirname(file))
  // Nothing is taken away before all of what comes in its place is there.
  const fresh = `${file}-restored`
  await copyFile(backupFile, fresh)
  await chmod(fresh, 0o600)
  for (const part of ['-wal', '-shm']) await rm(file + part, { force: true })
  await rename(fresh, file)
}

/** An empty file is a whole database too, as far as SQLite is concerned: it has to be one of ours. */
function requireWhole(backupFile: string): void {
  const not = (why: string, cause?: unknown) => new StartProblem(`${backupFile} is no whole backup: ${why}`, { cause })
  const complaint = () => {
    try {
      using found = new DatabaseSync(backupFile, { readOnly: true })
      const [row] = found.prepare('pragma integrity_check').all()
      if (row?.integrity_check !== 'ok') return not(String(row?.integrity_check))
      const tables = found.prepare(`select name from sqlite_master where name = 'registry_meta'`).all()
      return tables.length === 0 ? not('there is no registry in it') : undefined
    } catch (cause) {
      return not(cause instanceof Error ? cause.message : String(cause), cause)
    }
  }
  const problem = complaint()
  if (problem) throw problem
}

/** To give up the log a connection must be the only one: a server whose file went would go on writing to nowhere. */
function requireUnused(file: string): void {
  if (!existsSync(file)) return
  try {
    using there = new DatabaseSync(file)
    there.exec('pragma journal_mode = delete')
  } catch (cause) {
    if (isBusy(cause)) throw new StartProblem(`${file} is in use: stop every server first`, { cause })
    // What is damaged is in nobody's use, and about to be replaced.
  }
}

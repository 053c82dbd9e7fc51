/** A SQLite database as a file of its own, taken while a server may be writing; and PostgreSQL's, in its tools' words. */
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'

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
  using copy = new DatabaseSync(target)
  copy.exec('pragma journal_mode = delete')
  for (const table of leftOut) copy.exec(`delete from ${table}`)
  // What was deleted would otherwise still stand in the file.
  copy.exec('vacuum')
}

/** Over the file that is there, with its log. Nobody may have it open. */
export async function restoreSqlite(backupFile: string, file: string): Promise<void> {
  {
    using found = new DatabaseSync(backupFile, { readOnly: true })
    const [row] = found.prepare('pragma integrity_check').all()
    if (row?.integrity_check !== 'ok') throw new Error(`${backupFile} is damaged: ${row?.integrity_check}`)
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  for (const part of ['', '-wal', '-shm']) await rm(file + part, { force: true })
  await copyFile(backupFile, file)
}

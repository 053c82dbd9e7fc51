import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes the folder with those around it that are missing, for its owner alone; harmless when it is there. Where the
 * system says that there is no such place although the one around it is there, as below /proc, Node.js' own `recursive`
 * tries for ever.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (isFolder(path)) return
    const around = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isFolder(around)) throw error
    makeFolder(around)
    mkdirSync(path, { mode: 0o700 })
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

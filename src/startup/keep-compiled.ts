import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

/**
 * Keeps what is compiled from here on, so that a later start compiles nothing again: that is half of the time a start
 * takes. Static imports have been compiled by now; `await import()` what is to be kept. Where nothing can be written,
 * nothing is kept.
 */
export function keepCompiled(): void {
  enableCompileCache(join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compiled'))
}

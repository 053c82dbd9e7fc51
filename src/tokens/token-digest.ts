import { hash } from 'node:crypto'

let last = { compact: '', digest: '' }

/** SHA-256 of every byte of a token, by which it is known again. Several ask about the same one, in turn. */
export function digestOf(compact: string): string {
  if (last.compact !== compact) last = { compact, digest: hash('sha256', compact, 'base64') }
  return last.digest
}

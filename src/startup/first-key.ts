import { existsSync } from 'node:fs'
import { type KeyPair, newKeyPair } from '../keys/key-pair.ts'

/**
 * The first signing key of a new installation, begun before the rest is loaded: another core makes it meanwhile.
 * `undefined` where there is one already, or might be.
 */
export function beginFirstKey(databaseUrl: string): Promise<KeyPair> | undefined {
  const [, file] = /^sqlite:(.+)$/.exec(databaseUrl) ?? []
  return file === undefined || existsSync(file) ? undefined : newKeyPair()
}

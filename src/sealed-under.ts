/**
 * Sealing what is kept under a secret that is not kept: the store has the secret's digest to find the record by,
 * and only whoever brings the secret itself can read it. A dump of the store therefore holds nothing usable.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

/** Where the record is kept; a text sealed for one purpose does not open for another. */
export type SealPurpose = 'refresh rotation' | 'interaction' | 'trip' | 'departure'

/** AES-256-GCM. `secret` has at least 128 random bits. */
export function sealUnder(secret: string, purpose: SealPurpose, text: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyFrom(secret, purpose), nonce)
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

/** Throws when it was sealed under another secret, for another purpose, or was changed since. */
export function unsealUnder(secret: string, purpose: SealPurpose, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(secret, purpose), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
}

/** What is sealed is opened soon, and often here. */
const derived = new Map<string, KeyObject>()
const mostDerived = 1000

function keyFrom(secret: string, purpose: SealPurpose): KeyObject {
  const name = `${purpose}/${secret}`
  const known = derived.get(name)
  if (known) return known
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `gatehouse ${purpose}`, 32)))
  if (derived.size >= mostDerived) derived.delete(derived.keys().next().value ?? name)
  derived.set(name, key)
  return key
}

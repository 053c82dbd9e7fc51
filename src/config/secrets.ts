/** Secrets at rest: AES-256-GCM under one of several keys, so that a key can be replaced while the old one still opens. */
import { createCipheriv, createDecipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto'
import { StartProblem } from '../errors.ts'
import type { Vault } from '../vault.ts'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/**
 * A sealed value is `v1.<key id>.<nonce>.<ciphertext and tag>`, the last two in base64url. The key id is the
 * beginning of the key's SHA-256, so it need not be configured and tells nothing about the key.
 *
 * @param keys 32 bytes each; the first seals, all open.
 */
export function createVault(keys: readonly Buffer[]): Vault {
  for (const key of keys) {
    if (key.length !== 32) throw new Error(`A secret key has 32 bytes, not ${key.length}`)
  }
  // Bytes would be made a key of each time, which costs more than the sealing.
  const byId = new Map(keys.map((key) => [keyId(key), createSecretKey(key)]))
  const [first] = byId
  if (!first) throw new Error('At least one secret key is needed')
  const [firstId, firstKey] = first

  return {
    keyIds: [...byId.keys()],

    seal(plaintext, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, firstKey, nonce).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return ['v1', firstId, nonce.toString('base64url'), sealed.toString('base64url')].join('.')
    },

    open(sealed, context) {
      const [version, id = '', nonce, body, ...rest] = sealed.split('.')
      if (version !== 'v1' || !nonce || !body || rest.length > 0)
        throw new Error(`This is not a sealed value (${context})`)
      const key = byId.get(id)
      if (!key) {
        throw new StartProblem(
          `${context} was sealed with the secret key ${id}, which is not configured: add it to GATEHOUSE_SECRET_KEY`,
        )
      }
      const bytes = Buffer.from(body, 'base64url')
      if (bytes.length < tagBytes) throw new Error(`This is not a sealed value (${context})`)
      const decipher = createDecipheriv(algorithm, key, Buffer.from(nonce, 'base64url'), { authTagLength: tagBytes })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(-tagBytes))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new Error(`The sealed value was altered or belongs elsewhere (${context})`, { cause })
      }
    },
  }
}

const keyId = (key: Buffer): string => createHash('sha256').update(key).digest('base64url').slice(0, 8)

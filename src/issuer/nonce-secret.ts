import { hkdfSync } from 'node:crypto'

/** Of `GATEHOUSE_SECRET_KEY`, so that any node takes the nonces (RFC 9449 §8) of any other. */
export function nonceSecretFrom([key]: readonly Uint8Array[]): Buffer {
  if (!key) throw new Error('a key is needed to make nonces')
  return Buffer.from(hkdfSync('sha256', key, '', 'gatehouse dpop nonces', 32))
}

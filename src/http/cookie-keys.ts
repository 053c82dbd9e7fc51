import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'

/** Signs cookies as the package `keygrip` does, for whoever takes one of those. */
export interface CookieKeys {
  sign(data: string): string
  verify(data: string, signature: string): boolean
  /** Of the key that made the signature; -1: none. */
  index(data: string, signature: string): number
}

/**
 * `keys` have 32 bytes each: the first signs, all verify. Every request of a sign-in comes by here several times, and
 * the package makes four slow keys of bytes for each comparison.
 */
export function createCookieKeys(keys: readonly Uint8Array[]): CookieKeys {
  const derived = keys.map((key) => {
    const text = Buffer.from(hkdfSync('sha256', key, '', 'gatehouse cookies', 32)).toString('base64url')
    return createSecretKey(text, 'utf8')
  })
  const signWith = (key: KeyObject, data: string) => createHmac('sha1', key).update(data).digest('base64url')

  function index(data: string, signature: string): number {
    const given = Buffer.from(signature)
    return derived.findIndex((key) => {
      const own = Buffer.from(signWith(key, data))
      return own.length === given.length && timingSafeEqual(own, given)
    })
  }

  return {
    sign(data) {
      const [key] = derived
      if (!key) throw new Error('a key is needed to sign cookies')
      return signWith(key, data)
    },
    index,
    verify: (data, signature) => index(data, signature) >= 0,
  }
}

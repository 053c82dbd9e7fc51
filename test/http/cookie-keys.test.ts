import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createCookieKeys } from '../../src/http/cookie-keys.ts'

const [old, current] = [randomBytes(32), randomBytes(32)]

describe('the keys of cookies', () => {
  it('sign as keygrip does, so that cookies of before stay good', () => {
    const key = Buffer.from(hkdfSync('sha256', current, '', 'gatehouse cookies', 32)).toString('base64url')
    const signature = createHmac('sha1', key).update('a=b').digest('base64url')
    expect(createCookieKeys([current]).sign('a=b')).toBe(signature)
  })

  it('say which of them made a signature, and sign with the first', () => {
    const both = createCookieKeys([current, old])
    expect(both.index('a=b', both.sign('a=b'))).toBe(0)
    expect(both.index('a=b', createCookieKeys([old]).sign('a=b'))).toBe(1)
  })

  it('take no signature of other data, of another key, cut short or empty', () => {
    const keys = createCookieKeys([current])
    const signature = keys.sign('a=b')
    expect(keys.verify('a=b', signature)).toBe(true)
    expect(keys.verify('a=c', signature)).toBe(false)
    expect(keys.verify('a=b', createCookieKeys([old]).sign('a=b'))).toBe(false)
    expect(keys.verify('a=b', signature.slice(0, -1))).toBe(false)
    expect(keys.verify('a=b', '')).toBe(false)
  })
})

/** Codes that an authenticator app shows (RFC 6238), and codes on paper that stand in for it. */
import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { digest } from '../../ids.ts'

// What every app can do: others are often ignored by them, and then the code is wrong.
const settings = { algorithm: 'SHA1', digits: 6, period: 30 }
/** Steps before and after: clocks differ, and typing takes time (RFC 6238 §5.2). */
const window = 1

/** 160 bits (RFC 4226 §4, R6) in base32. */
export const newAuthenticatorSecret = (): string => new Secret({ size: 20 }).base32

/** What the QR code says to an app. */
export const enrolmentUri = (secret: string, names: { readonly issuer: string; readonly label: string }): string =>
  new TOTP({ ...settings, ...names, secret: Secret.fromBase32(secret) }).toString()

/** The time step whose code this is; `undefined`: of none near. @param now milliseconds */
export function stepOf(secret: string, code: string, now: number): number | undefined {
  const token = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const delta = TOTP.validate({ ...settings, secret: Secret.fromBase32(secret), token, timestamp: now, window })
  return delta === null ? undefined : TOTP.counter({ period: settings.period, timestamp: now }) + delta
}

// Crockford's alphabet: read off paper, an I is a 1 and an O is a 0.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Ten of 80 bits each, such as `7K3Q-F2M9-A41C-ZX8B`: too many to guess, even for whoever has the digests. */
export const newRecoveryCodes = (): readonly string[] =>
  Array.from({ length: 10 }, () => {
    const characters = [...randomBytes(16)].map((byte) => alphabet[byte % 32]).join('')
    return characters.replaceAll(/(.{4})(?=.)/g, '$1-')
  })

/** `undefined`: nothing that could be one. */
export function recoveryDigest(userId: string, code: string): string | undefined {
  const plain = code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
  return /^[0-9A-HJKMNP-TV-Z]{16}$/.test(plain) ? digest(`recovery/${userId}/${plain}`) : undefined
}

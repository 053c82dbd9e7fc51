/**
 * What an API key looks like: `gh_`, a public name, `_`, 256 random bits, and a checksum, all in letters and digits, so
 * that a double click selects the whole. The checksum tells a typo, and secret scanners a key of ours, without a
 * look-up (decision 0015).
 */
import { randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
// 62^43 > 2^256 and 62^6 > 2^32.
const lengths = { name: 12, secret: 43, checksum: 6 }
const form = new RegExp(
  `^(gh_[0-9A-Za-z]{${lengths.name}})_[0-9A-Za-z]{${lengths.secret}}([0-9A-Za-z]{${lengths.checksum}})$`,
)

const random = (length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('')

function checksum(text: string): string {
  let rest = crc32(text)
  let spelt = ''
  for (; spelt.length < lengths.checksum; rest = Math.floor(rest / alphabet.length))
    spelt = alphabet.charAt(rest % alphabet.length) + spelt
  return spelt
}

/** A new key. Its `prefix` is its public name. */
export function newKey(): { readonly key: string; readonly prefix: string } {
  const prefix = `gh_${random(lengths.name)}`
  const body = `${prefix}_${random(lengths.secret)}`
  return { key: body + checksum(body), prefix }
}

/** `undefined`: it is no key of ours, nor meant to be one. `'mistyped'`: it is meant to be one and cannot be. */
export function readKey(text: string): { readonly prefix: string } | 'mistyped' | undefined {
  if (!text.startsWith('gh_')) return undefined
  const [, prefix, sum] = form.exec(text) ?? []
  if (prefix === undefined || checksum(text.slice(0, -lengths.checksum)) !== sum) return 'mistyped'
  return { prefix }
}

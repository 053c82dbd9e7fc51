import { hash, randomBytes, randomFillSync, randomUUID } from 'node:crypto'

/** A new random UUID (RFC 9562 version 4): accounts, sources, sessions, grants, tokens. */
export const newId = (): string => randomUUID()

/**
 * A new UUID that begins like this one, with 32 random bits of its own: whoever has it knows where to find the whole
 * that it is a part of.
 */
export const newIdWithin = (whole: string): string => whole.slice(0, 28) + randomBytes(4).toString('hex')

/** 256 random bits as 43 URL-safe characters: states, client secrets, generated passwords. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** What a secret that need only be compared is stored as. Its 256 bits of chance need no salt. */
export const digest = (secret: string): string => hash('sha256', secret, 'base64url')

// Crockford's alphabet has no I, L, O or U: a reference is read aloud over the telephone.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Nine bytes from there. */
function spell(bytes: Buffer, from = 0): string {
  let spelt = ''
  for (let at = 0; at < 9; at++) {
    if (at === 3 || at === 6) spelt += '-'
    spelt += alphabet[(bytes[from + at] ?? 0) % 32]
  }
  return spelt
}

// Every call at a gateway gets a reference, and asking for chance costs more than the chance.
const chance = Buffer.alloc(9 * 256)
let used = chance.length

/** A reference a person can read out, such as `7K3-QF2-M9A`: what an administrator looks things up by. */
export function newReference(): string {
  if (used >= chance.length) {
    randomFillSync(chance)
    used = 0
  }
  used += 9
  return spell(chance, used - 9)
}

/** The same reference for the same text, always: a sign-in keeps one from its first page to its last. */
export const referenceFrom = (text: string): string => spell(hash('sha256', `reference:${text}`, 'buffer'))

/** A reference as it was shown, whatever whoever typed it has made of it. */
export function typedReference(text: string): string {
  const plain = text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0')
  return plain.length === 9 ? [plain.slice(0, 3), plain.slice(3, 6), plain.slice(6)].join('-') : text
}

/** The same UUID (RFC 9562 version 8) for the same text, always. */
export function idFrom(text: string): string {
  const bytes = hash('sha256', text, 'buffer').subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

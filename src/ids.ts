import { hash, randomBytes, randomUUID } from 'node:crypto'

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

const spell = (bytes: Buffer): string => {
  const characters = [...bytes.subarray(0, 9)].map((byte) => alphabet[byte % 32])
  return [characters.slice(0, 3), characters.slice(3, 6), characters.slice(6)].map((part) => part.join('')).join('-')
}

/** A reference a person can read out, such as `7K3-QF2-M9A`: what an administrator looks things up by. */
export const newReference = (): string => spell(randomBytes(9))

/** The same reference for the same text, always: a sign-in keeps one from its first page to its last. */
export const referenceFrom = (text: string): string => spell(hash('sha256', `reference:${text}`, 'buffer'))

/** The same UUID (RFC 9562 version 8) for the same text, always. */
export function idFrom(text: string): string {
  const bytes = hash('sha256', text, 'buffer').subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Unavailable } from '../../errors.ts'
import { createTurns } from './turns.ts'

export interface PasswordHasher {
  /** A PHC string. Rejects with `Unavailable` when too many are waiting. */
  hash(password: string): Promise<string>
  /**
   * Whether `password` is the one that was hashed. `null` stands for a hash that does not exist: the answer is
   * *no*, and takes as long as any other. Rejects with `Unavailable` when it cannot tell: too many are
   * waiting, or the stored hash is not one of ours.
   */
  verify(password: string, phc: string | null): Promise<boolean>
  /** The hash was made with other parameters than are used now. */
  outdated(phc: string): boolean
  /** How many are at it at this moment. */
  load(): { readonly running: number; readonly waiting: number }
}

interface Limits {
  /** Hashes at a time; the process has four threads for this and for much else. */
  readonly concurrency?: number
  readonly queue?: number
}

/** Bytes. Longer ones are refused before they are hashed (SEC-084). */
const longestPassword = 1024

/** Whether anybody can have this password: what cannot be is not hashed. */
export const isPossiblePassword = (password: string): boolean =>
  password !== '' && Buffer.byteLength(password) <= longestPassword

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2)

// OWASP's second choice: 19 MiB, two passes, one lane.
const current = { memory: 19_456, passes: 2, parallelism: 1, saltBytes: 16, tagLength: 32 }

/** Hashes passwords with argon2id (RFC 9106), a few at a time. */
export function createPasswordHasher({ concurrency = 2, queue = 64 }: Limits = {}): PasswordHasher {
  const { turn, load } = createTurns({ concurrency, queue })
  // Nobody's password: what an unknown name is compared with.
  const nobody: Parsed = { ...current, salt: randomBytes(current.saltBytes), tag: randomBytes(current.tagLength) }

  const compute = (password: string, { salt, tag, memory, passes, parallelism }: Parsed) =>
    turn(() =>
      derive('argon2id', {
        message: normal(password),
        nonce: salt,
        memory,
        passes,
        parallelism,
        tagLength: tag.length,
      }),
    )

  return {
    async hash(password) {
      const salt = randomBytes(current.saltBytes)
      const tag = await compute(password, { ...nobody, salt })
      const { memory, passes, parallelism } = current
      return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`
    },

    async verify(password, phc) {
      const stored = phc === null ? nobody : parse(phc)
      if (!stored) throw new Unavailable('local', 'a stored password hash is not one that can be checked')
      const matches = timingSafeEqual(await compute(password, stored), stored.tag)
      return matches && phc !== null
    },

    outdated(phc) {
      const stored = parse(phc)
      return (
        stored?.memory !== current.memory ||
        stored.passes !== current.passes ||
        stored.parallelism !== current.parallelism ||
        stored.tag.length !== current.tagLength
      )
    },

    load,
  }
}

// The same password typed on another keyboard may arrive composed otherwise (NIST SP 800-63B §3.1.1.2).
const normal = (password: string): string => password.normalize('NFC')

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

interface Parsed {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly salt: Buffer
  readonly tag: Buffer
}

const phcString =
  /^\$argon2id\$v=19\$m=(?<m>\d{1,6}),t=(?<t>\d{1,2}),p=(?<p>\d)\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<tag>[A-Za-z0-9+/]{22,86})$/

// A row that somebody altered must not make us spend gigabytes.
function parse(phc: string): Parsed | undefined {
  const { m, t, p, salt = '', tag = '' } = phcString.exec(phc)?.groups ?? {}
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)]
  const bounded =
    memory >= 8 * parallelism &&
    memory <= 131_072 &&
    passes >= 1 &&
    passes <= 10 &&
    parallelism >= 1 &&
    parallelism <= 4
  if (!bounded) return undefined
  return { memory, passes, parallelism, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') }
}

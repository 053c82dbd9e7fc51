/**
 * Checks passwords that come with each request, and not once to sign in. A password that was right is known again for
 * a while, so that it is hashed once and not at each call; what else must be true of the person is asked every time.
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { isPossiblePassword, type PasswordHasher } from './password-hash.ts'
import { createTurns } from './turns.ts'

interface Needs {
  readonly passwords: Pick<PasswordHasher, 'verify'>
  readonly clock: Clock
}

export interface Checked {
  readonly right: boolean
  /** It was found right a while ago: nothing was hashed. */
  readonly remembered: boolean
}

export interface ShownPassword {
  /** In one spelling. It need be nobody's. */
  readonly username: string
  readonly password: string
  /** What is kept of the password; `null`: nothing is, which takes as long. */
  readonly phc: string | null
  /** By whom it was sent, as far as that is known. Who sends very many at once is told to come back with some of them. */
  readonly network: string
}

/** Rejects with `Unavailable` when it cannot tell: too many are waiting. */
export type CheckPassword = (shown: ShownPassword) => Promise<Checked>

/** Milliseconds, from when it was hashed. */
const rememberedFor = 60_000
/** About a hundred bytes each. */
const most = 10_000

export function createRememberedPasswords({ passwords, clock }: Needs): CheckPassword {
  // One at a time: signing in has the other places, and a queue of its own behind which none of these stand.
  const { turn } = createTurns({ concurrency: 1, queue: 32, each: 8 })
  // Whoever reads this memory finds no passwords to try out.
  const secret = createSecretKey(randomBytes(32))
  const until = new Map<string, number>()
  const underWay = new Map<string, Promise<boolean>>()

  /** Of the hash, too: another password makes another one, with a salt of its own, whichever node is told of it. */
  const nameOf = ({ phc, username, password }: ShownPassword) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([phc, username, password]))
      .digest('base64')

  function isRemembered(name: string): boolean {
    const end = until.get(name)
    if (end === undefined) return false
    until.delete(name)
    if (end <= clock()) return false
    until.set(name, end)
    return true
  }

  function remember(name: string): void {
    until.set(name, clock() + rememberedFor)
    if (until.size > most) until.delete(until.keys().next().value ?? name)
  }

  /** Those who send the same at the same time wait for one hash, whether there is such a user or not. */
  function verify(name: string, { password, phc, network }: ShownPassword): Promise<boolean> {
    const running = underWay.get(name)
    if (running) return running
    const fresh = turn(() => passwords.verify(password, phc), network).finally(() => underWay.delete(name))
    underWay.set(name, fresh)
    return fresh
  }

  return async (shown) => {
    if (!isPossiblePassword(shown.password)) return { right: false, remembered: false }
    const name = nameOf(shown)
    if (isRemembered(name)) return { right: true, remembered: true }
    const right = await verify(name, shown)
    if (right) remember(name)
    return { right, remembered: false }
  }
}

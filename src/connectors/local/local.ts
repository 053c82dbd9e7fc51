/**
 * Users whose passwords this broker keeps. Who they are and what they may do is kept by src/accounts; this
 * only answers whether a password is right, and takes as long over a name that does not exist.
 */
import { z } from 'zod'
import {
  canonicalUsername,
  isPossibleUsername,
  type LocalUser,
  type LocalUserStore,
  localAttributes,
} from '../../accounts/local-user.ts'
import { type Clock, seconds } from '../../clock.ts'
import type { ConnectorType, Credentials, Opened } from '../../connector.ts'
import { Refusal, Unavailable } from '../../errors.ts'
import type { Identity } from '../../identity.ts'
import type { Log } from '../../log.ts'
import { isPossiblePassword, type PasswordHasher } from './password-hash.ts'

interface Needs {
  readonly users: Pick<LocalUserStore, 'byUsername' | 'replace'>
  readonly passwords: PasswordHasher
  readonly clock: Clock
  readonly log: Log
}

export function createLocalConnectorType({ users, passwords, clock, log }: Needs): ConnectorType {
  async function verify(
    { id: sourceId, isTest = false }: Opened,
    { username, password }: Credentials,
  ): Promise<Identity | undefined> {
    if (!isPossiblePassword(password)) return undefined
    const provenAt = clock()
    const user = isPossibleUsername(username)
      ? await users.byUsername(sourceId, canonicalUsername(username))
      : undefined
    const right = await passwords.verify(password, user?.passwordHash ?? null)
    if (!right || !user) return undefined
    if (!isTest) await refresh(user, password)
    return { subject: user.id, attributes: localAttributes(user), authTime: seconds(clock()), provenAt, amr: ['pwd'] }
  }

  // A hash made with yesterday's parameters is made anew while the password is known. If that cannot be done
  // now, the next sign-in does it.
  async function refresh(user: LocalUser, password: string): Promise<void> {
    if (user.passwordHash !== null && !passwords.outdated(user.passwordHash)) return
    try {
      const passwordHash = await passwords.hash(password)
      await users.replace({ ...user, passwordHash, updatedAt: clock() }, user.version)
    } catch (error) {
      if (!(error instanceof Unavailable) && !(error instanceof Refusal)) throw error
      log.warn({ err: error, user: user.id }, 'a password could not be hashed anew')
    }
  }

  return {
    type: 'local',
    kind: 'password',
    config: z.strictObject({}),
    secrets: [],
    open: (_config, source) => ({ kind: 'password', verify: (credentials) => verify(source, credentials) }),
  }
}

/**
 * A password was right, and a second factor is still to come. The browser keeps that, sealed, under the sign-in's own
 * address: it is worth nothing in another sign-in, and nothing once the password has changed.
 */
import type { Context } from 'koa'
import { z } from 'zod'
import type { LocalUser, LocalUserStore } from '../accounts/local-user.ts'
import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import type { Vault } from '../vault.ts'
import type { BrowserNotes } from './browser-notes.ts'

const Kept = z.strictObject({
  userId: z.string(),
  /** Of what is kept of the password. */
  password: z.string(),
  /** Milliseconds, as of the identity. */
  provenAt: z.number(),
  /** Milliseconds. */
  until: z.number(),
})

interface Needs {
  readonly localUsers: Pick<LocalUserStore, 'get'>
  readonly vault: Vault
  readonly notes: BrowserNotes
  readonly clock: Clock
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export interface HalfProven {
  readonly user: LocalUser
  /** Milliseconds; when the password began to be looked at. */
  readonly provenAt: number
}

export interface Halfway {
  keep(ctx: Context, uid: string, proven: HalfProven): void
  /** Whose password was shown in this sign-in a while ago; `undefined`: nobody's. Rejects with `Unavailable`. */
  find(ctx: Context, uid: string): Promise<HalfProven | undefined>
}

const lifetime = 10 * 60_000

export function createHalfway({ localUsers, vault, notes, clock, base }: Needs): Halfway {
  const note = notes('gatehouse_halfway')
  const contextOf = (uid: string) => `halfway/${uid}`

  function read(ctx: Context, uid: string): z.infer<typeof Kept> | undefined {
    const sealed = note.read(ctx)
    if (sealed === undefined) return undefined
    try {
      const kept = Kept.parse(JSON.parse(vault.open(sealed, contextOf(uid))))
      return kept.until > clock() ? kept : undefined
    } catch {
      return undefined // Sealed for another sign-in, or not by us: as good as none.
    }
  }

  return {
    keep(ctx, uid, { user: { id: userId, passwordHash }, provenAt }) {
      const kept = { userId, password: digest(passwordHash ?? ''), provenAt, until: clock() + lifetime }
      note.write(ctx, vault.seal(JSON.stringify(kept), contextOf(uid)), `${base}/login/${uid}`)
    },

    async find(ctx, uid) {
      const kept = read(ctx, uid)
      const user = kept && (await localUsers.get(kept.userId))
      return user && digest(user.passwordHash ?? '') === kept.password ? { user, provenAt: kept.provenAt } : undefined
    },
  }
}

/**
 * How an interaction ended travels with the browser that ended it: sealed, in a cookie for the one address that it goes
 * on at. So nothing has to be written between the last page and the way back into the provider (decision 22). The
 * interaction itself is kept here, and is used up there, which makes this worth something once.
 */
import type { Context } from 'koa'
import type { Vault } from '../vault.ts'
import type { CookieSettings } from './cookies.ts'

type Outcome = Readonly<Record<string, unknown>>

export interface CarriedOutcomes {
  /** `false`: it is too long for a cookie. `lifetime`: seconds. */
  give(ctx: Context, uid: string, outcome: Outcome, lifetime: number): boolean
  read(ctx: Context, uid: string): Outcome | undefined
  drop(ctx: Context, uid: string): void
}

interface Needs {
  readonly cookies: CookieSettings
  readonly vault: Vault
  /** Where interactions go on: the path before their id. */
  readonly path: string
}

/** Characters. Proxies have little room for the head of an answer: nginx, unless told otherwise, 4 KiB for all of it. */
const longest = 1500

const contextOf = (uid: string) => `interaction.outcome/${uid}`

export function createCarriedOutcomes({ cookies, vault, path }: Needs): CarriedOutcomes {
  const name = cookies.names.outcome
  // Sealing is signature enough.
  const options = (uid: string) => ({ ...cookies.short, signed: false, path: path + uid })

  function drop(ctx: Context, uid: string): void {
    ctx.cookies.set(name, null, options(uid))
  }

  return {
    give(ctx, uid, outcome, lifetime) {
      const sealed = vault.seal(JSON.stringify(outcome), contextOf(uid))
      if (sealed.length > longest) return false
      ctx.cookies.set(name, sealed, { ...options(uid), maxAge: lifetime * 1000 })
      return true
    },

    read(ctx, uid) {
      const sealed = ctx.cookies.get(name, { signed: false })
      if (sealed === undefined) return undefined
      try {
        return JSON.parse(vault.open(sealed, contextOf(uid)))
      } catch {
        return undefined // Of another interaction, under a key that is gone, or not by us: as good as none.
      }
    },

    drop,
  }
}

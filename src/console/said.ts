/** What the page after a change says at its top: kept in the browser between the two, sealed. */
import type { Context } from 'koa'
import { openIfKept, type Vault } from '../vault.ts'
import type { ConsoleCookie } from './cookies.ts'

export interface Said {
  leave(ctx: Context, line: string): void
  /** Once. */
  take(ctx: Context): string | undefined
}

const context = 'console-said'

export const createSaid = (cookie: ConsoleCookie, vault: Vault): Said => ({
  leave(ctx, line) {
    cookie.write(ctx, vault.seal(line.slice(0, 500), context))
  },

  take(ctx) {
    const kept = cookie.read(ctx)
    if (kept === undefined) return undefined
    cookie.write(ctx, undefined)
    try {
      return openIfKept(vault, kept, context)
    } catch {
      return undefined // Nobody but us can seal one; what is none says nothing.
    }
  },
})

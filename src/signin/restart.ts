/**
 * The way on when a sign-in is no longer open: the browser that began it keeps the application's request, sealed,
 * under the sign-in's own address. Whoever only has the address gets nothing from it (SEC-014).
 */
import type { Context } from 'koa'
import { z } from 'zod'
import type { Interaction } from '../interaction.ts'
import type { Vault } from '../vault.ts'

const Kept = z.strictObject({ clientId: z.string(), query: z.string() })
export type Kept = z.infer<typeof Kept>

const name = 'gatehouse_restart'
const oneDay = 24 * 3_600_000
// Browsers drop larger cookies, and would not say so.
const largest = 3800

interface Needs {
  readonly vault: Vault
  readonly secure: boolean
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export interface Restart {
  keep(ctx: Context, interaction: Interaction): void
  /** `undefined`: this browser did not begin the sign-in with this address. */
  find(ctx: Context): Kept | undefined
}

export function createRestart({ vault, secure, base }: Needs): Restart {
  const contextOf = (uid: string) => `restart/${uid}`

  return {
    keep(ctx, { uid, clientId, params }) {
      const query = new URLSearchParams(
        Object.entries(params).flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value] as [string, string]],
        ),
      )
      const sealed = vault.seal(JSON.stringify({ clientId, query: query.toString() } satisfies Kept), contextOf(uid))
      if (sealed.length > largest) return
      ctx.cookies.set(name, sealed, {
        path: `${base}/login/${uid}`,
        httpOnly: true,
        sameSite: 'lax',
        secure,
        maxAge: oneDay,
        overwrite: true,
        signed: false,
      })
    },

    find(ctx) {
      const sealed = ctx.cookies.get(name, { signed: false })
      if (!sealed || typeof ctx.params.uid !== 'string') return undefined
      try {
        return Kept.parse(JSON.parse(vault.open(sealed, contextOf(ctx.params.uid))))
      } catch {
        return undefined // Sealed with a key that is gone, or not by us: as good as no cookie.
      }
    },
  }
}

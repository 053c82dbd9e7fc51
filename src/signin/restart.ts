/**
 * The way on when a sign-in is no longer open: the browser that began it keeps the application's request, sealed,
 * under the sign-in's own address. Whoever only has the address gets nothing from it (SEC-014).
 */
import type { Context } from 'koa'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Interaction } from '../interaction.ts'
import type { Vault } from '../vault.ts'
import type { BrowserNotes } from './browser-notes.ts'

const Kept = z.strictObject({
  clientId: z.string(),
  query: z.string(),
  flow: z.string(),
  /** Milliseconds; when the person was first seen with this request. */
  at: z.number(),
})
export type Kept = z.infer<typeof Kept>

const oneDay = 24 * 3600
// Browsers drop larger cookies, and would not say so.
const largest = 3800

interface Needs {
  readonly vault: Vault
  readonly notes: BrowserNotes
  readonly clock: Clock
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export interface Restart {
  keep(ctx: Context, interaction: Interaction): void
  /** `undefined`: this browser did not begin the sign-in with this address. */
  find(ctx: Context): Kept | undefined
  /** The application's request once more. */
  address(kept: Kept): string
}

export function createRestart({ vault, notes, clock, base }: Needs): Restart {
  const note = notes('gatehouse_restart', oneDay)
  const contextOf = (uid: string) => `restart/${uid}`

  function find(ctx: Context): Kept | undefined {
    const sealed = note.read(ctx)
    if (!sealed || typeof ctx.params.uid !== 'string') return undefined
    try {
      return Kept.parse(JSON.parse(vault.open(sealed, contextOf(ctx.params.uid))))
    } catch {
      return undefined // Sealed with a key that is gone, or not by us: as good as no cookie.
    }
  }

  return {
    find,

    keep(ctx, { uid, clientId, flow, params }) {
      if (find(ctx)) return
      const given = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const kept: Kept = { clientId, query: new URLSearchParams(given).toString(), flow, at: clock() }
      const sealed = vault.seal(JSON.stringify(kept), contextOf(uid))
      if (sealed.length <= largest) note.write(ctx, sealed, `${base}/login/${uid}`)
    },

    address({ query, at }) {
      const params = new URLSearchParams(query)
      const prompts = (params.get('prompt') ?? '').split(' ').filter((prompt) => prompt !== '')
      if (prompts.includes('login')) {
        // "Prove yourself again" means: after this request was made. Whoever has done so need not do it twice.
        const rest = prompts.filter((prompt) => prompt !== 'login')
        if (rest.length > 0) params.set('prompt', rest.join(' '))
        else params.delete('prompt')
        const since = Math.max(1, Math.ceil((clock() - at) / 1000))
        params.set('max_age', String(Math.min(since, Number(params.get('max_age') ?? since))))
      }
      return `${base}/authorize?${params}`
    },
  }
}

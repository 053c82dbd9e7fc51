import { randomBytes } from 'node:crypto'
import type { Context } from 'koa'

export interface Session {
  /** A login that has begun: what its answer must fit. */
  readonly attempt?: { readonly state: string; readonly nonce: string; readonly codeVerifier: string }
  readonly person?: SignedIn
}

/** Tokens stay on the server. The browser has nothing but a random session id. */
export interface SignedIn {
  /** What the ID token says about the person. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly idToken: string
  readonly accessToken: string
  /** Milliseconds; the end of the access token. */
  readonly expiresAt: number
  readonly refreshToken: string | undefined
}

const cookie = 'patient_app'
const lifetime = 8 * 60 * 60 * 1000

/** Sessions in memory, for one process. With several, keep them in a store that all of them share. */
export function createSessions({ secure }: { readonly secure: boolean }) {
  const kept = new Map<string, { readonly session: Session; readonly endsAt: number }>()

  function find(ctx: Context) {
    const id = ctx.cookies.get(cookie) ?? ''
    const found = kept.get(id)
    return found && found.endsAt > Date.now() ? { id, ...found } : undefined
  }

  function end(ctx: Context): void {
    kept.delete(ctx.cookies.get(cookie) ?? '')
    ctx.cookies.set(cookie, null)
  }

  return {
    end,

    read: (ctx: Context): Session => find(ctx)?.session ?? {},

    /** Ends the session there is and begins a new one. */
    begin(ctx: Context, session: Session): void {
      end(ctx)
      for (const [id, { endsAt }] of kept) if (endsAt <= Date.now()) kept.delete(id)
      const id = randomBytes(32).toString('base64url')
      kept.set(id, { session, endsAt: Date.now() + lifetime })
      ctx.cookies.set(cookie, id, { httpOnly: true, sameSite: 'lax', secure })
    },

    update(ctx: Context, session: Session): void {
      const found = find(ctx)
      if (found) kept.set(found.id, { session, endsAt: found.endsAt })
    },
  }
}

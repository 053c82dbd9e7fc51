/** What the console has a browser keep. None of it is a token. */
import type { Context } from 'koa'

export interface ConsoleCookie {
  read(ctx: Context): string | undefined
  /** `undefined` removes it. */
  write(ctx: Context, value: string | undefined): void
}

/** `secure`: the issuer is https; then the name binds the cookie to this host (RFC 6265bis §4.1.3.2). */
export const consoleCookies =
  (secure: boolean, base: string) =>
  (plainName: string): ConsoleCookie => {
    const name = secure ? `__Host-${plainName}` : plainName
    const path = secure ? '/' : `${base}/admin`
    return {
      read: (ctx) => ctx.cookies.get(name, { signed: false }),
      write(ctx, value) {
        // Lax, not Strict: whoever comes back from an identity provider must be known at once.
        const common = { path, secure, httpOnly: true, sameSite: 'lax', overwrite: true, signed: false } as const
        ctx.cookies.set(name, value ?? null, value === undefined ? { ...common, expires: new Date(0) } : common)
      },
    }
  }

import type { Context } from 'koa'

/** Something a browser keeps for us below one path. Not signed: whoever reads it must be able to do without believing it. */
export interface BrowserNote {
  read(ctx: Context): string | undefined
  write(ctx: Context, value: string, path: string): void
}

/** `seconds`: how long it is kept; absent: until the browser is closed. */
export type BrowserNotes = (name: string, seconds?: number) => BrowserNote

/** `secure`: the issuer is https, and so nothing but https may set or see them (RFC 6265bis §4.1.3.1). */
export const createBrowserNotes =
  (secure: boolean): BrowserNotes =>
  (plainName, seconds) => {
    const name = secure ? `__Secure-${plainName}` : plainName
    return {
      read: (ctx) => ctx.cookies.get(name, { signed: false }),
      write(ctx, value, path) {
        ctx.cookies.set(name, value, {
          path,
          httpOnly: true,
          sameSite: 'lax',
          secure,
          overwrite: true,
          signed: false,
          ...(seconds !== undefined && { maxAge: seconds * 1000 }),
        })
      },
    }
  }

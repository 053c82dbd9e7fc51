import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import { Refusal } from '../errors.ts'

export interface Csrf {
  /** The value of a form's hidden field `csrf`. It is good for one `binding`: an interaction's uid, a session's id. */
  token(binding: string): string
  /** Rejects with `forged_form` unless the form is one that we sent to whoever holds `binding`. */
  check(ctx: Context, form: URLSearchParams, binding: string): void
}

/** `keys` have 32 bytes each: the first signs, all verify. */
export function createCsrf(keys: readonly Uint8Array[]): Csrf {
  const derived = keys.map((key) => createSecretKey(Buffer.from(hkdfSync('sha256', key, '', 'gatehouse csrf', 32))))
  const sign = (key: KeyObject, binding: string) => createHmac('sha256', key).update(binding).digest()

  return {
    token(binding) {
      const [key] = derived
      if (!key) throw new Error('a key is needed to make form tokens')
      return sign(key, binding).toString('base64url')
    },

    check(ctx, form, binding) {
      requireOwnPage(ctx)
      const given = Buffer.from(form.get('csrf') ?? '', 'base64url')
      const matches = derived
        .map((key) => sign(key, binding))
        .some((tag) => tag.length === given.length && timingSafeEqual(tag, given))
      if (!matches) throw new Refusal('forged_form', 'The form token is missing, or was made for another browser')
    },
  }
}

/**
 * Browsers say where a form was sent from; other programs say nothing. `Origin: null` proves nothing: it is
 * what a browser sends from our own pages too, because of `Referrer-Policy: no-referrer` (Fetch §3.2).
 */
export function requireOwnPage(ctx: Context): void {
  const site = ctx.get('Sec-Fetch-Site')
  if (site && site !== 'same-origin')
    throw new Refusal('forged_form', `The form was sent from elsewhere (Sec-Fetch-Site: ${site})`)
  const origin = ctx.get('Origin')
  if (origin && origin !== 'null' && origin !== `${ctx.protocol}://${ctx.host}`) {
    throw new Refusal('forged_form', `The form was sent from another origin (${origin})`)
  }
}

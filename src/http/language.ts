import type { Context } from 'koa'

/** The reader's, as far as there are words in it. */
export function languageOf(ctx: Context): 'en' | 'de' {
  ctx.vary('Accept-Language')
  return ctx.acceptsLanguages('en', 'de') === 'de' ? 'de' : 'en'
}

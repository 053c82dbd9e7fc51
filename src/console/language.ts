import type { Context } from 'koa'
import type { ConsoleLanguage } from '#views/words/console.ts'

/** The reader's, as far as there are words in it. */
export function languageOf(ctx: Context): ConsoleLanguage {
  ctx.vary('Accept-Language')
  return ctx.acceptsLanguages('en', 'de') === 'de' ? 'de' : 'en'
}

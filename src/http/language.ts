import type { Context } from 'koa'
import type { Language } from '#views/words.ts'

/** The reader's, as far as there are words in it. `wished`: space-separated, best first (OpenID Connect Core §3.1.2.1). */
export function languageOf(ctx: Context, wished = ''): Language {
  for (const one of wished.toLowerCase().split(' ')) {
    const [language] = one.split('-')
    if (language === 'en' || language === 'de') return language
  }
  ctx.vary('Accept-Language')
  return ctx.acceptsLanguages('en', 'de') === 'de' ? 'de' : 'en'
}

import { de } from './words/de.ts'
import { en } from './words/en.ts'

export type { Text } from './words/en.ts'

export type Words = typeof en

export type Language = 'en' | 'de'

/** A sentence that is missing in one of them does not compile. */
const catalogues: Record<Language, Words> = { en, de }

export const wordsIn = (language: Language = 'en'): Words => catalogues[language]

export interface ScopeWords {
  readonly name: string
  readonly title: string
  readonly description: string
}

/** What agreeing to a scope means, in the person's words; an unknown scope keeps its name. */
export function scopeWords(name: string, language?: Language): ScopeWords {
  const { scopes, otherScope } = wordsIn(language)
  const known: Readonly<Record<string, { readonly title: string; readonly description: string }>> = scopes
  return { name, ...(Object.hasOwn(known, name) && known[name] ? known[name] : otherScope(name)) }
}

/** What the person at the sign-in page can do about a refusal; the catalogue's `fix` is an administrator's. */
export function adviceFor(code: string, language?: Language): string {
  const { advice, otherAdvice } = wordsIn(language)
  const known: Readonly<Record<string, string>> = advice
  return (Object.hasOwn(known, code) ? known[code] : undefined) ?? otherAdvice
}

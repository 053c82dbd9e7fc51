/** The reasons' words in other languages than the catalogue's own (src/reasons.ts). */
import type { ReasonCode } from '../../src/reasons.ts'
import type { Language } from '../words.ts'
import { calls } from './reasons/calls.ts'
import { signingIn } from './reasons/signing-in.ts'

interface Translated {
  readonly title: string
  /** Where there is none, the catalogue's own is shown. */
  readonly cause?: string
  readonly fix: string
}
export type TranslatedReasons = Partial<Record<ReasonCode, Translated>>

interface ReasonWords {
  readonly title: string
  readonly cause: string
  readonly fix: string
}

/** Every code has its words: one that is missing does not compile. */
const german: Record<ReasonCode, Translated> = { ...signingIn, ...calls }

/** `english`: the code's entry in the catalogue. `causeLang` differs where the cause has not been translated. */
export function reasonWords(
  code: ReasonCode,
  { title, cause, fix }: ReasonWords,
  lang: Language = 'en',
): ReasonWords & { readonly causeLang: Language } {
  const own = lang === 'de' ? german[code] : undefined
  if (!own) return { title, cause, fix, causeLang: 'en' }
  return { title: own.title, fix: own.fix, cause: own.cause ?? cause, causeLang: own.cause === undefined ? 'en' : lang }
}

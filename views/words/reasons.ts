/** The reasons' words in other languages than the catalogue's own (src/reasons.ts). */
import type { ReasonCode } from '../../src/reasons.ts'
import type { Language } from '../words.ts'
import { certificates } from './reasons/certificates.ts'
import { gateway } from './reasons/gateway.ts'
import { logouts } from './reasons/logouts.ts'
import { requests } from './reasons/requests.ts'
import { rules } from './reasons/rules.ts'
import { signingIn } from './reasons/signing-in.ts'
import { tokens } from './reasons/tokens.ts'

export interface ReasonWords {
  readonly title: string
  readonly cause: string
  readonly fix: string
}
export type TranslatedReasons = Partial<Record<ReasonCode, ReasonWords>>

/** Every code has its words: one that is missing does not compile. */
const german: Record<ReasonCode, ReasonWords> = {
  ...signingIn,
  ...tokens,
  ...logouts,
  ...gateway,
  ...certificates,
  ...rules,
  ...requests,
}

/** `english`: the code's entry in the catalogue. */
export function reasonWords(code: ReasonCode, english: ReasonWords, lang: Language = 'en'): ReasonWords {
  const { title, cause, fix } = lang === 'de' ? german[code] : english
  return { title, cause, fix }
}

import type { ConsoleLanguage } from '#views/words/console.ts'
import { type ReasonWords, reasonWords } from '#views/words/reasons.ts'
import { type ReasonCode, reasons } from '../reasons.ts'

export interface Explained extends ReasonWords {
  readonly code: string
}

/** A reason in the reader's language. What is kept may have a code of another version, which is called by itself. */
export const explained = (code: string, lang: ConsoleLanguage): Explained =>
  isReason(code) ? { code, ...reasonWords(code, reasons[code], lang) } : { code, title: code, cause: code, fix: '' }

const isReason = (code: string): code is ReasonCode => Object.hasOwn(reasons, code)

/** Refusals as administrators read them, in their language. */
import { type ConsoleLanguage, consoleWords } from '#views/words/console.ts'
import { problemWords } from '#views/words/problems.ts'
import type { Problem, Refusal } from '../errors.ts'
import { reasons } from '../reasons.ts'
import { explained } from './explained.ts'

/** What a refusal says beyond its code. */
export const saidBy = ({ code, message }: Refusal, lang: ConsoleLanguage): string =>
  message === reasons[code].cause ? explained(code, lang).cause : problemWords(message, lang)

export const problemsOf = ({ problems }: Refusal, lang: ConsoleLanguage): readonly Problem[] =>
  problems.map(({ path, message }) => ({ path, message: problemWords(message, lang) }))

/** Above the form that was refused. */
export function messageOf(error: Refusal, lang: ConsoleLanguage): string {
  const { kit } = consoleWords(lang)
  if (error.code === 'changed_meanwhile') return kit.changedMeanwhile
  return error.code === 'invalid_input' ? kit.notSaved : saidBy(error, lang)
}

import type { SourceProblemCode } from '../../src/connector.ts'
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { notice, said } from './parts.ts'

type Checked =
  | { readonly ok: true }
  | { readonly ok: false; readonly problem: { readonly code: SourceProblemCode; readonly detail: string } }

/** How the test of a source's connection went; the detail is what was met on the way, as it was said. */
export function checkVerdict(result: Checked, lang: ConsoleLanguage): Html {
  const { sources: words, kit } = consoleWords(lang)
  if (result.ok) return notice('good', words.checkGood, 'status')
  const { code, detail } = result.problem
  return notice(
    'danger',
    html`<p><strong>${words.checkBad}</strong> ${words.checkProblems[code]}</p><p>${kit.detail}: <span lang="en">${said(detail)}</span> <code>${code}</code></p>`,
    'alert',
  )
}

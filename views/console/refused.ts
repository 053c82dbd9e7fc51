import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { descriptions, linkButton, said } from './parts.ts'

interface Refused {
  readonly lang: ConsoleLanguage
  readonly cause: string
  readonly fix: string
  readonly detail: string
  readonly back: string
}

/** A *no* inside the console: what, why, what to do, and a way on. */
export function refusedView({ lang, cause, fix, detail, back }: Refused): Html {
  const { refused: words } = consoleWords(lang).frame
  return html`${descriptions([
    [words.why, cause],
    [words.todo, fix],
    [words.detail, detail === cause ? undefined : said(detail)],
  ])}<p class="actions">${linkButton(back, words.back)}</p>`
}

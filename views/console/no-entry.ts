import { type Html, html } from '../html.ts'
import { triangle } from '../icons.ts'
import { page } from '../layout.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'

interface NoEntry {
  readonly assets: string
  readonly lang: ConsoleLanguage
  /** Of `reasons`; only whether it is the missing role matters here. */
  readonly reason: string
  readonly here: string
  readonly issuer: string
}

/** Somebody who is signed in and may not administer, or who did not finish signing in: what is missing, and three ways on. */
export function noEntryView({ assets, lang, reason, here, issuer }: NoEntry): Html {
  const { noEntry, givenUp } = consoleWords(lang).frame
  const isMissingRole = reason === 'not_an_administrator'
  const title = isMissingRole ? noEntry.title : givenUp.title
  return page(
    { title, assets, lang: 'en' },
    html`<div lang="${lang}"><h1 class="problem"><span class="danger">${triangle}</span>${title}</h1>
<p>${isMissingRole ? noEntry.what : givenUp.what}</p>
${isMissingRole && html`<p>${noEntry.ask}</p>`}
<div class="choice"><a class="primary" href="${here}/sign-in"><span>${noEntry.again}</span></a>
<a class="plain" href="${here}/sign-in?switch"><span>${noEntry.switchAccount}</span></a>
<a class="plain" href="${issuer}/logout"><span>${noEntry.signOut}</span></a></div></div>`,
  )
}

import { type Html, html } from '../html.ts'
import { nameOf, type Place, page } from '../layout.ts'
import { hiddenFields } from '../parts.ts'
import { mustBeSafe } from '../url.ts'
import { wordsIn } from '../words.ts'

export interface Leaving extends Place {
  readonly sourceName: string
  readonly url: string | URL
  readonly fields: Readonly<Record<string, string>>
}

/** A departure by POST (SAML): sent off by the script, or by the button where there is none. */
export function leavingView({ sourceName, url, fields, assets, lang }: Leaving): Html {
  const { leaving: words } = wordsIn(lang)
  const body = html`<h1>${words.title(nameOf(sourceName))}</h1>
<p>${words.explain(nameOf(sourceName))}</p>
<form class="choice" method="post" action="${mustBeSafe(url)}" data-once data-submit>
${hiddenFields(fields)}
<button class="primary" id="continue">${words.continue}</button>
</form>`
  return page({ title: words.title(sourceName), assets, lang }, body)
}

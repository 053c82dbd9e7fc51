import { type Html, html } from './html.ts'
import { type Place, page } from './layout.ts'
import { wordsIn } from './words.ts'

/** What stands at the issuer's own address, for whoever comes there without an application. */
export function homeView({ assets, lang }: Place): Html {
  const { home: words } = wordsIn(lang)
  return page(
    { title: words.title, assets, lang },
    html`<h1>${words.title}</h1>
<p>${words.what}</p>
<p>${words.how}</p>`,
  )
}

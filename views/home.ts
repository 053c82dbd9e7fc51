import { type Html, html } from './html.ts'
import { type Place, page } from './layout.ts'
import { wordsIn } from './words.ts'

export interface Home extends Place {
  /** The issuer identifier, without a slash at the end. */
  readonly issuer: string
}

/** What stands at the issuer's own address, for whoever comes there without an application. */
export function homeView({ issuer, assets, lang }: Home): Html {
  const words = wordsIn(lang)
  const { home, reference } = words
  return page(
    { title: home.title, assets, lang },
    html`<h1>${home.title}</h1>
<p>${home.what}</p>
<dl class="account">
<div><dt>${home.people}</dt><dd>${home.how}</dd></div>
<div><dt>${home.developers}</dt><dd>${home.issuer}<br><code id="issuer">${issuer}</code>
<button type="button" class="quiet" data-copy="issuer" data-copied="${reference.copied}" aria-label="${home.copyLabel}" hidden>${reference.copy}</button></dd></div>
<div><dt>${home.administrators}</dt><dd><a class="link" href="${issuer}/admin/"><span>${home.console}</span></a><br>${home.adminApi}<br><code>${issuer}/admin/api/v1</code></dd></div>
</dl>
<p class="choice"><a class="plain" href="${issuer}/.well-known/openid-configuration"><span>${home.discovery}</span></a></p>`,
  )
}

import { type Html, html } from '../html.ts'
import { tick, triangle } from '../icons.ts'
import { type Application, nameOf, type Place, page } from '../layout.ts'
import { hiddenFields, referenceLine } from '../parts.ts'
import { mustBeSafe } from '../url.ts'
import { type ScopeWords, wordsIn } from '../words.ts'

export interface Consent extends Place {
  readonly application: Application
  readonly account: { readonly name: string }
  /** From `scopeWords`. */
  readonly scopes: readonly ScopeWords[]
  /** Posts `decision` (`allow` or `deny`) and `csrf`. */
  readonly action: string
  readonly csrf: string
  readonly reference: string
  /** Seconds; absent: until it is withdrawn. */
  readonly lifetime?: number
}

/** What would be shared, with whom, for how long. */
export function consentView({
  application,
  account,
  scopes,
  action,
  csrf,
  reference,
  lifetime,
  assets,
  lang,
}: Consent): Html {
  const words = wordsIn(lang)
  const name = nameOf(application.name)
  const body = html`<h1>${words.consent.title(name)}</h1>
<p>${words.consent.account(html`<strong>${nameOf(account.name)}</strong>`)}</p>
<h2>${words.consent.receives}</h2>
<ul class="facts">${scopes.map(
    (scope) => html`
<li>${isPowerful(scope.name) ? html`<span class="warning">${triangle}</span>` : html`<span class="accent">${tick}</span>`}
<div><strong>${nameOf(scope.title)}</strong><small>${scope.description}</small></div></li>`,
  )}
</ul>
<p class="muted">${words.consent.lasts(lifetime)} ${words.consent.again(name)}</p>
<form class="choice" method="post" action="${mustBeSafe(action)}" data-once>
${hiddenFields({ csrf })}
<button class="primary" id="consent-allow" name="decision" value="allow">${words.consent.allow}</button>
<button class="plain" id="consent-deny" name="decision" value="deny">${words.consent.deny}</button>
</form>
<div class="sill">
${referenceLine(reference, lang)}
</div>`
  return page({ title: words.consent.title(application.name), assets, lang, application }, body)
}

const isPowerful = (scope: string): boolean => scope === 'offline_access' || scope === 'admin' || scope === 'admin:read'

import { type Html, html } from '../html.ts'
import { cross, dot, tick, triangle } from '../icons.ts'
import { type Application, nameOf, type Place, page } from '../layout.ts'
import { hiddenFields } from '../parts.ts'
import { mustBeSafe, safeUrl } from '../url.ts'
import { wordsIn } from '../words.ts'

export interface Logout extends Place {
  readonly application?: Application
  readonly account: { readonly name: string }
  /** Posts `xsrf`, and `logout=yes` when everything is to end. */
  readonly action: string
  readonly xsrf: string
  /** The source the person came through: whether it ends its session too is known only afterwards. */
  readonly upstream?: { readonly name: string }
  /** The client that sent the person here, when there is no `application` to name. */
  readonly clientName?: string
}

/** What ends, what does not, and is that meant? */
export function logoutView({ application, account, action, xsrf, upstream, clientName, assets, lang }: Logout): Html {
  const { logout: words } = wordsIn(lang)
  const asker = application?.name ?? clientName
  const body = html`<h1>${words.title}</h1>
<p>${words.account(html`<strong>${nameOf(account.name)}</strong>`)}${asker !== undefined && html` ${words.asked(nameOf(asker))}`}</p>
<ul class="facts">
<li><span class="danger">${cross}</span><div><strong>${words.ends}</strong><small>${words.endsWhat}</small></div></li>
<li><span class="muted">${dot}</span><div><strong>${upstream ? words.mayStay : words.stays}</strong><small>${upstream ? words.mayStayUpstream(nameOf(upstream.name)) : words.staysWhat}</small></div></li>
</ul>
<form class="choice" method="post" action="${mustBeSafe(action)}" data-once>
${hiddenFields({ xsrf })}
<button class="primary" id="logout-yes" name="logout" value="yes">${words.yes}</button>
<button class="plain" id="logout-no">${words.no}</button>
</form>`
  return page({ title: words.title, assets, lang, application }, body)
}

export interface LoggedOut extends Place {
  readonly application?: Application
  /** The broker's own start page: the way on where no application is known. */
  readonly start: string
  readonly upstreamStillOpen?: { readonly name: string }
}

/** It is done, and what is not done is said. */
export function loggedOutView({ application, start, upstreamStillOpen, assets, lang }: LoggedOut): Html {
  const { loggedOut: words } = wordsIn(lang)
  const body = html`<h1>${words.title}</h1>
<p class="done"><span class="success">${tick}</span>${words.ended}</p>
${
  upstreamStillOpen &&
  html`<div class="notice warning" role="note">${triangle}<div><p><strong>${words.stillOpen(nameOf(upstreamStillOpen.name))}</strong></p><p>${words.stillOpenFix}</p></div></div>`
}
${wayOn({ application, start, lang })}`
  return page({ title: words.title, assets, lang, application }, body)
}

export interface StayedSignedIn extends Place {
  readonly start: string
  /** The client that asked for the logout, whose own access has ended. */
  readonly application?: Application
}

/** The person was asked, and stays. */
export function stayedView({ application, start, assets, lang }: StayedSignedIn): Html {
  const { loggedOut: words } = wordsIn(lang)
  const body = html`<h1>${words.stayed}</h1>
<p class="done"><span class="accent">${tick}</span>${application ? words.stayedWithout(nameOf(application.name)) : words.stayedWhat}</p>
${wayOn({ application, start, lang })}`
  return page({ title: words.stayed, assets, lang, application }, body)
}

function wayOn({ application, start, lang }: Pick<LoggedOut, 'application' | 'start' | 'lang'>): Html {
  const { backTo, loggedOut: words } = wordsIn(lang)
  const home = application?.url && safeUrl(application.url)
  const [href, label] =
    home && application ? [home, backTo(nameOf(application.name))] : [mustBeSafe(start), words.start]
  return html`<p class="choice"><a class="plain" href="${href}"><span>${label}</span></a></p>`
}

import { type Html, html } from '../html.ts'
import { dot, tick } from '../icons.ts'
import { nameOf, type Place, page } from '../layout.ts'
import { hiddenFields } from '../parts.ts'
import { mustBeSafe } from '../url.ts'
import type { PageLanguage } from '../words/frame.ts'
import { wordsIn } from '../words.ts'

export interface Stay {
  readonly id: string
  /** Where the person signed in. */
  readonly source: string
  /** Names of the applications that were opened in it. */
  readonly applications: readonly string[]
  /** Milliseconds. */
  readonly startedAt: number
  /** Of the browser that it was begun in. */
  readonly device?: { readonly browser: string; readonly system: string; readonly address: string }
  /** It is the one that this page is looked at in. */
  readonly current: boolean
}

/** What the person agreed to share with somebody else's application. */
export interface Agreement {
  /** The client's. */
  readonly id: string
  readonly name: string
  /** In the person's words. */
  readonly receives: readonly string[]
  /** Milliseconds. */
  readonly givenAt: number
}

export interface StaysPage extends Place {
  /** Where people keep their passkeys and codes. */
  readonly security: { readonly href: string; readonly label: string }
  readonly account: { readonly name: string }
  /** The current one first. */
  readonly stays: readonly Stay[]
  /** Posts `session` and `csrf`. */
  readonly endAction: string
  /** The newest first. */
  readonly agreements: readonly Agreement[]
  /** Posts `client` and `csrf`. */
  readonly withdrawAction: string
  /** Posts `csrf`. */
  readonly endOthersAction: string
  readonly csrf: string
  /** Milliseconds. */
  readonly now: number
}

/** Where a person is signed in, and out of which of it they can go. */
export function staysView({
  account,
  stays,
  endAction,
  endOthersAction,
  agreements,
  withdrawAction,
  csrf,
  now,
  security,
  assets,
  lang,
}: StaysPage): Html {
  const { stays: words } = wordsIn(lang)
  const others = stays.filter(({ current }) => !current)
  const body = html`<h1>${words.title}</h1>
<p>${words.account(html`<strong>${nameOf(account.name)}</strong>`)}</p>
<ul class="facts stays">${stays.map(
    (stay, index) => html`
<li>${stay.current ? html`<span class="accent">${tick}</span>` : html`<span class="muted">${dot}</span>`}
<div><strong id="stay-${index}">${stay.current ? words.here : words.through(nameOf(stay.source))}</strong>
<small>${stay.current && html`${words.through(nameOf(stay.source))}. `}${words.since(since(stay.startedAt, now, lang))}</small>
${stay.device && html`<small>${words.device(stay.device.browser, stay.device.system, html`<bdi>${stay.device.address}</bdi>`)}</small>`}
<small>${opened(stay.applications, lang)}</small>
<form method="post" action="${mustBeSafe(endAction)}" data-once>
${hiddenFields({ csrf, session: stay.id })}
<button class="link" id="end-${index}" aria-describedby="stay-${index}"><span>${stay.current ? words.endHere : words.end}</span></button>
</form></div></li>`,
  )}
</ul>
${
  others.length > 0
    ? html`<form class="choice" method="post" action="${mustBeSafe(endOthersAction)}" data-once>
${hiddenFields({ csrf })}
<button class="plain" id="end-others"><span>${words.endOthers(others.length)}</span></button>
</form>`
    : html`<p class="muted">${words.alone}</p>`
}
<p class="muted">${words.applications}</p>
${
  agreements.length > 0 &&
  html`<h2>${words.agreements}</h2>
<ul class="facts stays">${agreements.map(
    ({ id, name, receives, givenAt }, index) => html`
<li><span class="muted">${dot}</span>
<div><strong id="agreement-${index}">${nameOf(name)}</strong>
<small>${receives.length > 0 ? words.receives(inARow(receives)) : words.receivesNothing}</small>
<small>${words.agreed(since(givenAt, now, lang))}</small>
<form method="post" action="${mustBeSafe(withdrawAction)}" data-once>
${hiddenFields({ csrf, client: id })}
<button class="link" id="withdraw-${index}" aria-describedby="agreement-${index}"><span>${words.withdraw}</span></button>
</form></div></li>`,
  )}
</ul>
<p class="muted">${words.withdrawn}</p>`
}
<div class="sill"><a class="link" id="security" href="${mustBeSafe(security.href)}"><span>${security.label}</span></a></div>`
  return page({ title: words.title, assets, lang }, body)
}

function since(startedAt: number, now: number, lang: PageLanguage | undefined): Html {
  const { stays: words } = wordsIn(lang)
  const moment = new Date(startedAt)
  return html`<time datetime="${moment.toISOString()}" title="${words.moment(moment)}">${words.ago(Math.floor((now - startedAt) / 1000))}</time>`
}

const inARow = (titles: readonly string[]): Html =>
  html`${titles.map((title, index) => html`${index > 0 && '; '}<bdi>${title}</bdi>`)}`

function opened(applications: readonly string[], lang: PageLanguage | undefined): Html {
  const { stays: words } = wordsIn(lang)
  if (applications.length === 0) return html`${words.nothingOpened}`
  return words.opened(html`${applications.map((name, index) => html`${index > 0 && ', '}${nameOf(name)}`)}`)
}

import { type Html, html } from '../html.ts'
import { cross, dot, tick, triangle } from '../icons.ts'
import { nameOf, type Place, page } from '../layout.ts'
import { hiddenFields } from '../parts.ts'
import { mustBeSafe } from '../url.ts'
import { wordsIn } from '../words.ts'
import { type PasswordForm, passwordForm } from './sign-in.ts'

interface Tested extends Place {
  readonly source: { readonly name: string }
}

export interface TestBegin extends Tested {
  readonly action: string
  readonly csrf: string
}

/** What the link leads to: who opens it knows first what will be shown, and to whom. */
export function testBeginView({ source, action, csrf, assets, lang }: TestBegin): Html {
  const { test: words } = wordsIn(lang)
  const body = html`<h1>${words.title(nameOf(source.name))}</h1>
<p>${words.explain}</p>
<form class="choice" method="post" action="${mustBeSafe(action)}" data-once>
${hiddenFields({ csrf })}
<button class="primary" id="begin">${words.begin}</button>
</form>`
  return page({ title: words.title(source.name), assets, lang }, body)
}

/** Of a source whose passwords are kept here: the form of the sign-in page. */
export function testPasswordView({ source, form, csrf, assets, lang }: TestPassword): Html {
  const words = wordsIn(lang)
  const title = words.test.title(nameOf(source.name))
  const body = html`<h1>${title}</h1>
${passwordForm({ ...form, name: source.name }, { csrf, alone: true, lang })}`
  return page({ title: words.test.title(source.name), assets, lang }, body)
}

export interface TestPassword extends Tested {
  readonly form: Omit<PasswordForm, 'name'>
  readonly csrf: string
}

export interface TestReport extends Tested {
  readonly stored: boolean
  readonly state: 'waiting' | 'opened' | 'succeeded' | 'refused' | 'could_not_tell'
  readonly reason?: { readonly code: string; readonly title: string; readonly cause: string; readonly fix: string }
  readonly steps: readonly { readonly at: number; readonly what: string; readonly detail?: object }[]
  readonly result: {
    readonly received: object
    readonly mapped: object
    readonly dropped: readonly unknown[]
    readonly tokens: { readonly access_token: object; readonly id_token: object } | null
    readonly apis: readonly { readonly name: string; readonly allowed: boolean; readonly because: readonly string[] }[]
  } | null
}

/** What the source said, what became of it, and what it would open. */
export function testReportView({ source, stored, state, reason, steps, result, assets, lang }: TestReport): Html {
  const { test: words } = wordsIn(lang)
  const body = html`<h1>${words.title(nameOf(source.name))}</h1>
${
  state === 'succeeded'
    ? html`<p class="done"><span class="success">${tick}</span>${words.succeeded}</p>`
    : html`<div class="notice ${reason ? 'danger' : 'warning'}" role="note">${triangle}<div><p><strong>${reason?.title ?? words.open}</strong></p>
${reason && html`<p>${reason.cause}</p><p>${reason.fix}</p><p><code>${reason.code}</code></p>`}</div></div>`
}
<p class="muted">${words.nothing}${!stored && html` ${words.draft}`}</p>
<h2>${words.steps}</h2>
<ol class="facts">${steps.map(
    ({ at, what, detail }) => html`
<li><span class="muted">${dot}</span><div><strong>${words.step(what)}</strong>
<small><time datetime="${new Date(at).toISOString()}">${words.moment(new Date(at))}</time></small>
${detail && json(detail)}</div></li>`,
  )}
</ol>
${
  result !== null &&
  html`${part(words.received, result.received)}
${part(words.mapped, result.mapped)}
${result.dropped.length > 0 && part(words.dropped, result.dropped)}
${result.tokens !== null && html`${part(words.accessToken, result.tokens.access_token)}${part(words.idToken, result.tokens.id_token)}`}
${
  result.apis.length > 0 &&
  html`<h2>${words.apis}</h2>
<ul class="facts">${result.apis.map(
    ({ name, allowed, because }) => html`
<li><span class="${allowed ? 'success' : 'danger'}">${allowed ? tick : cross}</span><div><strong>${nameOf(name)}: ${allowed ? words.allowed : words.denied}</strong>
${because.map((why) => html`<small><bdi>${why}</bdi></small>`)}</div></li>`,
  )}
</ul>`
}`
}`
  return page({ title: words.title(source.name), assets, lang }, body)
}

const part = (title: string, value: object): Html => html`<details><summary>${title}</summary>${json(value)}</details>`

const json = (value: object): Html => html`<pre tabindex="0"><bdi>${JSON.stringify(value, null, 2)}</bdi></pre>`

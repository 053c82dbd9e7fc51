import { type Html, html } from '../html.ts'
import { dot, tick } from '../icons.ts'
import { nameOf, type Place, page } from '../layout.ts'
import { alert, hiddenFields } from '../parts.ts'
import { mustBeSafe } from '../url.ts'
import { factorWords } from '../words/factors.ts'
import { type PasskeyForm, passkeyForm, passkeyScripts } from './passkey.ts'
import { qrCode } from './qr.ts'

export interface ShownFactor {
  readonly id: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

export interface SecurityPage extends Place {
  readonly account: { readonly name: string }
  /** `undefined`: another source keeps the person's password. */
  readonly own?: {
    readonly app?: ShownFactor
    readonly passkeys: readonly (ShownFactor & { readonly name: string })[]
    readonly recoveryCodes: number
  }
  /** Of the source, when it is not we who keep the password. */
  readonly elsewhere: string
  /** The console asks for a second factor before it opens. */
  readonly forConsole?: { readonly href: string; readonly missing: boolean }
  readonly said?: 'added' | 'removed'
  readonly problem?: string
  /** Absent: they must show first that it is still them. */
  readonly add?: PasskeyForm
  readonly links: {
    readonly setUp: string
    readonly password: string
    readonly confirm: string
    readonly remove: string
    readonly recovery: string
    readonly sessions: string
  }
  readonly csrf: string
}

/** What stands beside the password, and how to have more or less of it. */
export function securityView(props: SecurityPage): Html {
  const { account, own, elsewhere, forConsole, said, problem, add, links, assets, lang = 'en' } = props
  const { security: words } = factorWords(lang)
  const body = html`<h1>${words.title}</h1>
<p>${words.account(html`<strong>${nameOf(account.name)}</strong>`)}</p>
${problem !== undefined && alert(problem)}
${said && html`<div class="notice" role="status"><span class="success">${tick}</span><p>${words[said]}</p></div>`}
${forConsole?.missing && html`<div class="notice warning" role="status">${dot}<p>${words.required}</p></div>`}
${forConsole && !forConsole.missing && html`<p><a class="primary" id="to-console" href="${mustBeSafe(forConsole.href)}"><span>${words.toConsole}</span></a></p>`}
${own ? factorsOf(own, props) : html`<p>${words.elsewhere(nameOf(elsewhere))}</p>`}
<div class="sill"><a href="${mustBeSafe(links.sessions)}">${words.sessions}</a></div>`
  return page({ title: words.title, assets, lang, ...(add && { scripts: passkeyScripts(assets) }) }, body)
}

function factorsOf(own: NonNullable<SecurityPage['own']>, props: SecurityPage): Html {
  const { links, add, csrf, lang = 'en' } = props
  const { security: words, password } = factorWords(lang)
  const { app, passkeys, recoveryCodes } = own
  const hasAny = app !== undefined || passkeys.length > 0
  const name = html`<div class="field"><label for="passkey-name">${words.passkeyName}</label>
<input id="passkey-name" name="name" required maxlength="60" autocomplete="off" aria-describedby="passkey-name-help">
<p class="help" id="passkey-name-help">${words.passkeyNameHelp}</p></div>`
  return html`<p><a class="plain" id="change-password" href="${mustBeSafe(links.password)}"><span>${password.link}</span></a></p>
${!hasAny && html`<p class="muted">${words.noneYet}</p>`}
<h2>${words.app}</h2>
${
  app
    ? html`<ul class="facts stays"><li><span class="success">${tick}</span><div><strong>${words.app}</strong>
<small>${words.appOn(moment(app.createdAt, lang))} ${usedAt(app, lang)}</small>
${removeForm(app.id, words.removeApp, props)}</div></li></ul>`
    : html`<p class="muted">${words.appWhat}</p>
<p><a class="plain" id="set-up-app" href="${mustBeSafe(links.setUp)}"><span>${words.appSetUp}</span></a></p>`
}
<h2>${words.passkeys}</h2>
<p class="muted">${words.passkeysWhat}${passkeys.length === 0 && ` ${words.passkeysNone}`}</p>
${
  passkeys.length > 0 &&
  html`<ul class="facts stays">${passkeys.map(
    (passkey) => html`
<li><span class="success">${tick}</span><div><strong>${nameOf(passkey.name)}</strong>
<small>${words.passkeyAdded(moment(passkey.createdAt, lang))} ${usedAt(passkey, lang)}</small>
${removeForm(passkey.id, words.removePasskey(passkey.name), props)}</div></li>`,
  )}</ul>`
}
${
  add
    ? html`${passkeyForm(add, 'create', { csrf, label: words.passkeyAdd, failed: words.passkeyFailed, look: 'plain', id: 'add-passkey', fields: name })}
<p class="muted" data-without-passkeys>${words.noScript}</p>`
    : html`<p><a class="plain" id="confirm-first" href="${mustBeSafe(links.confirm)}"><span>${words.passkeyAdd}</span></a></p>`
}
${
  hasAny &&
  html`<h2>${words.recovery}</h2>
<p class="muted">${words.recoveryLeft(recoveryCodes)}</p>
<form method="post" action="${mustBeSafe(links.recovery)}" data-once>
${hiddenFields({ csrf })}
<button class="plain" id="new-codes" aria-describedby="new-codes-help">${words.recoveryNew}</button>
<p class="help" id="new-codes-help">${words.recoveryNewHelp}</p>
</form>`
}`
}

const removeForm = (id: string, label: string, { links, csrf, lang = 'en' }: SecurityPage): Html =>
  html`<form method="post" action="${mustBeSafe(links.remove)}" data-once>
${hiddenFields({ csrf, factor: id })}
<button class="link" aria-label="${label}"><span>${factorWords(lang).security.remove}</span></button>
</form>`

function usedAt({ lastUsedAt }: ShownFactor, lang: 'en' | 'de'): Html | string {
  const { security: words } = factorWords(lang)
  return lastUsedAt === null ? words.usedNever : words.used(moment(lastUsedAt, lang))
}

function moment(at: number, lang: 'en' | 'de'): Html {
  const date = new Date(at)
  const format = new Intl.DateTimeFormat(lang === 'de' ? 'de' : 'en-GB', {
    ...{ dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' },
  })
  return html`<time datetime="${date.toISOString()}">${format.format(date)} UTC</time>`
}

export interface SetUpPage extends Place {
  /** `otpauth://…` */
  readonly uri: string
  readonly secret: string
  /** The same, sealed: posted with `code` and `csrf`. */
  readonly enrolment: string
  readonly action: string
  readonly back: string
  readonly wrong: boolean
  readonly csrf: string
}

/** The key for the app, and a code that proves that it has it. */
export function setUpView({ uri, secret, enrolment, action, back, wrong, csrf, assets, lang = 'en' }: SetUpPage): Html {
  const { setUp: words } = factorWords(lang)
  const body = html`<h1>${words.title}</h1>
<p>${words.scan}</p>
${qrCode(uri, words.qr)}
<p>${words.orType}</p>
<p class="key"><code id="key">${secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code>
<button type="button" class="quiet" data-copy="key" data-copied="${words.copied}" aria-label="${words.copyLabel}" hidden>${words.copy}</button></p>
<form class="stack" method="post" action="${mustBeSafe(action)}" data-once>
${wrong && alert(words.wrong)}
${hiddenFields({ csrf, enrolment })}
<div class="field"><label for="code">${words.code}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" spellcheck="false" required${wrong && html` aria-invalid="true" aria-describedby="problem" autofocus`}></div>
<button class="primary" id="submit">${words.submit}</button>
</form>
<div class="sill"><a href="${mustBeSafe(back)}">${words.back}</a></div>`
  return page({ title: words.title, assets, lang }, body)
}

export interface CodesPage extends Place {
  readonly codes: readonly string[]
  readonly done: string
}

/** Shown this once. */
export function codesView({ codes, done, assets, lang = 'en' }: CodesPage): Html {
  const { codes: words } = factorWords(lang)
  const body = html`<h1>${words.title}</h1>
<p>${words.lead}</p>
<pre class="codes" id="codes" role="group" aria-label="${words.label}">${codes.join('\n')}</pre>
<p><button type="button" class="quiet" data-copy="codes" data-copied="${words.copied}" aria-label="${words.copyLabel}" hidden>${words.copy}</button></p>
<p><a class="primary" id="done" href="${mustBeSafe(done)}"><span>${words.done}</span></a></p>`
  return page({ title: words.title, assets, lang }, body)
}

export interface ConfirmPage extends Place {
  /** Posts `password`, `code` where asked, and `csrf`. */
  readonly action: string
  readonly asksCode: boolean
  readonly passkey?: PasskeyForm
  readonly problem?: string
  readonly back: string
  readonly csrf: string
}

/** Before something about signing in changes, when they signed in a while ago. */
export function confirmView({
  action,
  asksCode,
  passkey,
  problem,
  back,
  csrf,
  assets,
  lang = 'en',
}: ConfirmPage): Html {
  const { confirm: words, step } = factorWords(lang)
  const wrong = problem !== undefined && html` aria-invalid="true" aria-describedby="problem"`
  const body = html`<h1>${words.title}</h1>
<p>${words.lead}</p>
${problem !== undefined && alert(problem)}
<form class="stack" method="post" action="${mustBeSafe(action)}" data-once>
${hiddenFields({ csrf })}
<div class="field"><label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${wrong} autofocus></div>
${
  asksCode &&
  html`<div class="field"><label for="code">${words.code}</label>
<input id="code" name="code" autocomplete="one-time-code" spellcheck="false" required${wrong}></div>`
}
<button class="primary" id="submit">${words.submit}</button>
</form>
${passkey && passkeyForm(passkey, 'get', { csrf, label: words.passkey, failed: step.passkeyFailed, look: 'plain', id: 'use-passkey' })}
<div class="sill"><a href="${mustBeSafe(back)}">${words.back}</a></div>`
  return page({ title: words.title, assets, lang, ...(passkey && { scripts: passkeyScripts(assets) }) }, body)
}

import { type Html, html } from '../html.ts'
import { dot, onward } from '../icons.ts'
import { type Application, nameOf, type Place, page } from '../layout.ts'
import { alert, formButton, hiddenFields, referenceLine } from '../parts.ts'
import { mustBeSafe } from '../url.ts'
import { factorWords } from '../words/factors.ts'
import { type Language, type Words, wordsIn } from '../words.ts'
import { type PasskeyForm, passkeyForm, passkeyScripts } from './passkey.ts'

export interface SignIn extends Place {
  readonly application: Application
  /** Sources the browser goes away to; the page puts the one used last first. */
  readonly sources: readonly SourceLink[]
  /** Where there are more sources than those. */
  readonly find?: FindForm
  readonly password?: PasswordForm
  readonly discover?: DiscoverForm
  readonly csrf: string
  /** Where giving up is posted to, with `csrf`. */
  readonly back?: { readonly action: string }
  readonly reference: string
  /** Something to know before signing in that is not a problem with the forms. */
  readonly notice?: string
}

export interface SourceLink {
  readonly alias: string
  readonly name: string
  readonly href: string
  readonly lastUsed: boolean
}

/** Posts `username`, `password` and `csrf`. */
export interface PasswordForm {
  readonly alias: string
  readonly name: string
  readonly action: string
  readonly username?: string
  readonly problem?: string
  /** Where its users may come with a passkey instead. */
  readonly passkey?: PasskeyForm
}

/** GET with `q`: a part of a name. */
export interface FindForm {
  readonly action: string
  /** What was looked for; `undefined`: nothing yet. */
  readonly text: string | undefined
  /** Whether more fits than is shown. */
  readonly isMore: boolean
}

/** Posts `email` and `csrf`: the address's domain tells the source. */
export interface DiscoverForm {
  readonly action: string
  readonly email?: string
  readonly problem?: string
}

/** Who are you, and who can vouch for it? */
export function signInView(props: SignIn): Html {
  const { application, assets, lang, sources, find, password, discover, csrf, back, reference, notice } = props
  const words = wordsIn(lang)
  const alone = sources.length === 0 && !find
  const body = html`<h1>${words.signIn.title(nameOf(application.name))}</h1>
${notice !== undefined && html`<div class="notice" role="status">${dot}<p>${notice}</p></div>`}
${find && findForm(find, sources.length === 0 && !password, words)}
${sources.length > 0 && sourceList(sources, words)}
${password && passwordForm(password, { csrf, alone, lang })}
${discover && discoverForm(discover, { csrf, alone: alone && !password, look: password ? 'plain' : 'primary', lang })}
<div class="sill">
${back && formButton({ action: back.action, fields: { csrf }, label: words.backTo(nameOf(application.name)), look: 'link', id: 'back' })}
${referenceLine(reference, lang, words.reference.trouble)}
</div>`
  const scripts = password?.passkey && passkeyScripts(assets)
  return page(
    { title: words.signIn.title(application.name), assets, lang, application, ...(scripts && { scripts }) },
    body,
  )
}

function sourceList(sources: readonly SourceLink[], { signIn: words }: Words): Html {
  const lastUsedFirst = sources.toSorted((one, other) => Number(other.lastUsed) - Number(one.lastUsed))
  return html`<nav aria-label="${words.sources}"><ul class="doors">${lastUsedFirst.map(
    ({ alias, name, href, lastUsed }) => html`
<li><a class="door" id="source-${alias}" href="${mustBeSafe(href)}">
<span class="leaf${lastUsed && ' known'}" aria-hidden="true">${initial(name)}</span>
<span class="text"><span class="name">${words.continueWith(nameOf(name))}</span>${lastUsed && html`<small>${words.lastUsed}</small>`}</span>${onward}</a></li>`,
  )}
</ul></nav>`
}

function findForm({ action, text, isMore }: FindForm, isNone: boolean, { signIn: words }: Words): Html {
  const said = text === undefined ? undefined : isNone ? words.findNone(nameOf(text)) : isMore && words.findMore
  return html`<form class="find" role="search" method="get" action="${mustBeSafe(action)}">
<div class="field"><label for="q">${words.find}</label>
<div class="joined"><input id="q" name="q" type="search" autocomplete="organization" maxlength="100" required value="${text ?? ''}" aria-describedby="find-help">
<button class="quiet" id="find">${words.findSubmit}</button></div>
<p class="help" id="find-help">${words.findHelp}</p></div>
</form>
${said && html`<div class="notice" role="status">${dot}<p>${said}</p></div>`}
${text !== undefined && html`<p class="find"><a id="all" href="${mustBeSafe(action)}">${words.findAgain}</a></p>`}`
}

function initial(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.replace(/^[^\p{L}\p{N}]+/u, ''))
  return first?.segment.toUpperCase() ?? ''
}

interface Around {
  readonly csrf: string
  /** Nothing stands before the form: no dividing line is needed, and typing may start at once. */
  readonly alone: boolean
  readonly lang: Language | undefined
}

export function passwordForm(
  { alias, name, action, username = '', problem, passkey }: PasswordForm,
  { csrf, alone, lang }: Around,
): Html {
  const { signIn: words } = wordsIn(lang)
  const { signIn: passkeyWords } = factorWords(lang)
  const wrong = problem !== undefined && html` aria-invalid="true" aria-describedby="problem"`
  const starts = alone || problem !== undefined
  // The local source is a door like the others: whoever looks for it by its id finds a page of its own behind it.
  return html`${!alone && html`<p class="or"><a id="source-${alias}" href="${mustBeSafe(action)}">${words.orWith(nameOf(name))}</a></p>`}
<form class="stack" method="post" action="${mustBeSafe(action)}" data-once>
${problem !== undefined && alert(problem)}
${hiddenFields({ csrf })}
<div class="field"><label for="username">${words.username}</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${username}"${wrong}${starts && username === '' && html` autofocus`}></div>
<div class="field"><label for="password">${words.password}</label>
<div class="joined"><input id="password" name="password" type="password" autocomplete="current-password" required${wrong}${starts && username !== '' && html` autofocus`}>
<button type="button" class="quiet" data-reveal="password" data-show="${words.show}" data-show-label="${words.showLabel}" data-hide="${words.hide}" data-hide-label="${words.hideLabel}" hidden></button></div></div>
<button class="primary" id="submit">${words.submit}</button>
</form>
${passkey && passkeyForm(passkey, 'get', { csrf, label: passkeyWords.passkey, failed: passkeyWords.failed, look: 'plain', id: 'passkey' })}`
}

function discoverForm(
  { action, email = '', problem }: DiscoverForm,
  { csrf, alone, look, lang }: Around & { readonly look: 'primary' | 'plain' },
): Html {
  const { signIn: words } = wordsIn(lang)
  const described =
    problem === undefined
      ? html` aria-describedby="email-help"`
      : html` aria-invalid="true" aria-describedby="problem email-help"`
  return html`${!alone && html`<p class="or"><span>${words.orByEmail}</span></p>`}
<form class="stack" method="post" action="${mustBeSafe(action)}" data-once>
${problem !== undefined && alert(problem)}
${hiddenFields({ csrf })}
<div class="field"><label for="email">${words.email}</label>
<input id="email" name="email" type="email" autocomplete="email" autocapitalize="none" spellcheck="false" required value="${email}"${described}${(alone || problem !== undefined) && html` autofocus`}>
<p class="help" id="email-help">${words.emailHelp}</p></div>
<button class="${look}" id="continue">${words.continue}</button>
</form>`
}

import { type Html, html } from '../html.ts'
import { type Application, nameOf, type Place, page } from '../layout.ts'
import { alert, formButton, hiddenFields, referenceLine } from '../parts.ts'
import { mustBeSafe } from '../url.ts'
import { factorWords } from '../words/factors.ts'
import { frameWords } from '../words/frame.ts'
import { type PasskeyForm, passkeyForm, passkeyScripts } from './passkey.ts'

export interface SecondStep extends Place {
  readonly application: Application
  readonly username: string
  /** Posts `code` and `csrf`, and `with` = `recovery` where that is what the code is. */
  readonly action: string
  readonly hasApp: boolean
  readonly hasRecoveryCodes: boolean
  readonly passkey?: PasskeyForm
  readonly problem?: string
  /** The problem is one of the recovery code. */
  readonly inRecovery?: boolean
  readonly csrf: string
  readonly again: string
  readonly back: { readonly action: string }
  readonly reference: string
}

/** The password was right: now a code or a passkey. */
export function secondStepView(props: SecondStep): Html {
  const { application, username, action, hasApp, hasRecoveryCodes, passkey, problem, csrf, again, back } = props
  const inRecovery = props.inRecovery === true
  const inCode = problem !== undefined && !inRecovery
  const { assets, lang = 'en', reference } = props
  const { step: words } = factorWords(lang)
  const wrong = html` aria-invalid="true"`
  const body = html`<h1>${words.title}</h1>
<p>${words.lead(nameOf(application.name), html`<strong>${nameOf(username)}</strong>`)}</p>
${problem !== undefined && alert(problem)}
${passkey && passkeyForm(passkey, 'get', { csrf, label: words.passkey, failed: words.passkeyFailed, look: 'primary', id: 'use-passkey' })}
${passkey && hasApp && html`<p class="or" data-with-passkeys hidden><span>${words.orCode}</span></p>`}
${
  hasApp &&
  html`<form class="stack" method="post" action="${mustBeSafe(action)}" data-once>
${hiddenFields({ csrf })}
<div class="field"><label for="code">${words.code}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" spellcheck="false" required aria-describedby="code-help${inCode && ' problem'}"${inCode && wrong}${!inRecovery && html` autofocus`}>
<p class="help" id="code-help">${words.codeHelp}</p></div>
<button class="${passkey ? 'plain' : 'primary'}" id="submit">${words.submit}</button>
</form>`
}
${
  hasRecoveryCodes &&
  html`<details class="aside"${(inRecovery || (!hasApp && problem !== undefined)) && html` open`}><summary>${words.lost}</summary>
<form class="stack" method="post" action="${mustBeSafe(action)}" data-once>
${hiddenFields({ csrf, with: 'recovery' })}
<div class="field"><label for="recovery">${words.recovery}</label>
<input id="recovery" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" required aria-describedby="recovery-help${inRecovery && ' problem'}"${inRecovery && wrong}${inRecovery && html` autofocus`}>
<p class="help" id="recovery-help">${words.recoveryHelp}</p></div>
<button class="plain" id="use-recovery">${words.recoverySubmit}</button>
</form></details>`
}
<div class="sill">
<a id="again" href="${mustBeSafe(again)}">${words.again}</a>
${formButton({ action: back.action, fields: { csrf }, label: words.backTo(nameOf(application.name)), look: 'link', id: 'back' })}
${referenceLine(reference, lang, frameWords[lang].reference.trouble)}
</div>`
  return page(
    { title: words.title, assets, lang, application, ...(passkey && { scripts: passkeyScripts(assets) }) },
    body,
  )
}

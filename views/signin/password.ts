import { html } from '../html.ts'
import { tick } from '../icons.ts'
import { type Place, page } from '../layout.ts'
import { alert, hiddenFields } from '../parts.ts'
import { mustBeSafe } from '../url.ts'
import { factorWords } from '../words/factors.ts'

export interface PasswordPage extends Place {
  /** For password managers. */
  readonly username: string
  /** Posts `current`, `password` and `csrf`. */
  readonly action: string
  readonly back: string
  /** `current`: the code of why it was not believed. `fresh`: what is wrong with the new one. */
  readonly problem?: { readonly current?: string; readonly fresh?: string }
  readonly csrf: string
}

/** Another password for the one that is kept here. */
export function passwordView({ username, action, back, problem = {}, csrf, assets, lang = 'en' }: PasswordPage) {
  const { password: words, step } = factorWords(lang)
  const said =
    problem.current === undefined
      ? problem.fresh
      : problem.current === 'too_many_attempts'
        ? step.problems.too_many_attempts
        : words.wrong
  const wrong = (is: boolean) => is && html` aria-invalid="true" aria-describedby="problem" autofocus`
  const body = html`<h1>${words.title}</h1>
<p>${words.lead}</p>
${said !== undefined && alert(said)}
<form class="stack" method="post" action="${mustBeSafe(action)}" data-once>
${hiddenFields({ csrf })}
<input type="text" name="username" value="${username}" autocomplete="username" hidden>
<div class="field"><label for="current">${words.current}</label>
<input id="current" name="current" type="password" autocomplete="current-password" required${wrong(problem.current !== undefined)}></div>
<div class="field"><label for="password">${words.fresh}</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" required${wrong(problem.fresh !== undefined)}${problem.fresh === undefined && html` aria-describedby="password-help"`}>
<p class="help" id="password-help">${words.freshHelp}</p></div>
<button class="primary" id="submit">${words.submit}</button>
</form>
<div class="sill"><a href="${mustBeSafe(back)}">${words.back}</a></div>`
  return page({ title: words.title, assets, lang }, body)
}

interface Changed extends Place {
  readonly start: string
}

/** They are signed out everywhere, here too. */
export function changedView({ start, assets, lang = 'en' }: Changed) {
  const { password: words } = factorWords(lang)
  const body = html`<h1>${words.changed}</h1>
<div class="notice" role="status"><span class="success">${tick}</span><p>${words.changedWhat}</p></div>
<p><a class="primary" id="start" href="${mustBeSafe(start)}"><span>${words.start}</span></a></p>`
  return page({ title: words.changed, assets, lang }, body)
}

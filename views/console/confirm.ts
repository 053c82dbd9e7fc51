import { type Html, html } from '../html.ts'
import { hiddenFields } from '../parts.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'
import { notice } from './parts.ts'

export interface Confirm {
  readonly action: string
  readonly csrf: string
  readonly version?: number
  /** What happens, in a sentence. */
  readonly what: Text
  /** Who is affected: each a sentence with its number. */
  readonly affected: readonly (Html | Text)[]
  readonly affectedTitle: Text
  /** The button, by what it does; `undefined`: it cannot be done as things are. */
  readonly submit: Text | undefined
  readonly cancel: string
  /** To be typed, where it cannot be undone. */
  readonly name?: string
  readonly problems: readonly { readonly path: string; readonly message: string }[]
  readonly message?: Text | undefined
  readonly lang: ConsoleLanguage
}

/** The name of the field that the object's name is typed into. */
export const typedName = 'typed_name'

/** Before something that hurts: what stops working and who is affected, then the one button, and the way back. */
export function confirmView(page: Confirm): Html {
  const { action, csrf, version, what, affected, affectedTitle, submit, cancel, name, problems, message, lang } = page
  const { kit } = consoleWords(lang)
  const wrong = problems.map((problem) => problem.message)
  return html`${message !== undefined && notice('danger', html`<p>${message}</p>${wrong.length > 0 && html`<ul>${wrong.map((text) => html`<li>${text}</li>`)}</ul>`}`, 'alert')}
<p>${what}</p>
${affected.length > 0 && html`<section class="section"><div class="section-head"><h2>${affectedTitle}</h2></div><ul class="bullets">${affected.map((line) => html`<li>${line}</li>`)}</ul></section>`}
<form class="form" method="post" action="${action}" data-once>${hiddenFields({ csrf, ...(version !== undefined && { version: String(version) }) })}
${name !== undefined && submit !== undefined && html`<div class="field"><label for="${typedName}">${kit.typeName(name)}</label><input type="text" id="${typedName}" name="${typedName}" autocomplete="off" spellcheck="false" required></div>`}
<div class="buttons">${submit !== undefined && html`<button class="button danger">${submit}</button>`}<a class="cancel" href="${cancel}">${kit.cancel}</a></div></form>`
}

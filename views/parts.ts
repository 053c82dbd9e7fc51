import { type Html, html } from './html.ts'
import { triangle } from './icons.ts'
import { mustBeSafe } from './url.ts'
import { frameWords, type PageLanguage } from './words/frame.ts'
import type { Text } from './words.ts'

/** The one thing that went wrong. Fields point to it by `aria-describedby="problem"`. */
export const alert = (problem: Text): Html =>
  html`<div class="notice danger" role="alert" id="problem">${triangle}<p>${problem}</p></div>`

export const hiddenFields = (fields: Readonly<Record<string, string>>): readonly Html[] =>
  Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)

/** A form that is nothing but its button. */
export const formButton = (form: {
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
  readonly label: Text
  readonly look: string
  readonly id?: string
}): Html =>
  html`<form method="post" action="${mustBeSafe(form.action)}">${hiddenFields(form.fields)}<button class="${form.look}"${form.id !== undefined && html` id="${form.id}"`}><span>${form.label}</span></button></form>`

/** What an administrator looks the sign-in up by. */
export function referenceLine(reference: string, lang: PageLanguage | undefined, label?: string): Html {
  const { reference: words } = frameWords[lang ?? 'en']
  return html`<p class="reference">${label ?? words.label} <code id="reference">${reference}</code>
<button type="button" class="quiet" data-copy="reference" data-copied="${words.copied}" aria-label="${words.copyLabel}" hidden>${words.copy}</button></p>`
}

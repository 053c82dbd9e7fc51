/** Small parts that pages of the console are made of. */
import { type Html, html } from '../html.ts'
import { cross, dot, tick, triangle } from '../icons.ts'
import { hiddenFields } from '../parts.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'

/** How something is: a shape, a colour and a word, and perhaps when. */
export type Tone = 'good' | 'warning' | 'bad' | 'off'

const shapes = { good: dot, warning: triangle, bad: cross, off: dot }
const colours = { good: 'success', warning: 'warning', bad: 'danger', off: 'muted' }

export const state = (tone: Tone, word: Text, when?: Html): Html =>
  html`<span class="state ${tone}"><span class="${colours[tone]}">${shapes[tone]}</span><span>${word}${when && html` <span class="muted">· ${when}</span>`}</span></span>`

/** A link that looks like a button; at most one a page is primary. */
export const linkButton = (href: string, label: Text, look: 'primary' | 'plain' = 'plain'): Html =>
  html`<a class="button ${look}" href="${href}">${label}</a>`

interface PostButton {
  readonly action: string
  readonly csrf: string
  readonly label: Text
  readonly look?: 'primary' | 'plain' | 'danger' | 'quiet'
  readonly fields?: Readonly<Record<string, string>>
}

/** A form that is nothing but its button. */
export const postButton = ({ action, csrf, label, look = 'plain', fields = {} }: PostButton): Html =>
  html`<form method="post" action="${action}">${hiddenFields({ csrf, ...fields })}<button class="${look === 'quiet' ? 'quiet' : `button ${look}`}">${label}</button></form>`

/** A value of ours to be copied; `id` is the document's own. */
export function copyable(id: string, value: string, what: string, lang: ConsoleLanguage): Html {
  const { kit } = consoleWords(lang)
  return html`<span class="copyable"><code id="${id}">${value}</code><button type="button" class="quiet" data-copy="${id}" data-copied="${kit.copied}" aria-label="${kit.copyLabel(what)}" hidden>${kit.copy}</button></span>`
}

/** Names and what they stand for; what is `undefined` is left out. */
export const descriptions = (rows: readonly (readonly [name: Text, value: Html | Text | undefined])[]): Html =>
  html`<dl class="descriptions">${rows.map(([name, value]) => value !== undefined && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`

export const section = (title: Text, body: Html, more: { readonly id?: string; readonly actions?: Html } = {}): Html =>
  html`<section class="section"${more.id !== undefined && html` id="${more.id}"`}><div class="section-head"><h2>${title}</h2>${more.actions}</div>${body}</section>`

/** A line that says something about the page: what is wrong, what to heed, what is good. */
export const notice = (tone: 'danger' | 'warning' | 'good', body: Html | Text, role?: 'alert' | 'status'): Html =>
  html`<div class="notice ${tone}"${role && html` role="${role}"`}>${tone === 'good' ? tick : triangle}<div>${body instanceof Object ? body : html`<p>${body}</p>`}</div></div>`

/** What cannot be undone, at the end of a page: each entry says what stops working and who is affected. */
export const dangerZone = (
  entries: readonly { readonly title: Text; readonly body: Html | Text; readonly action: Html | undefined }[],
  lang: ConsoleLanguage,
): Html =>
  html`<section class="section danger-zone"><div class="section-head"><h2>${consoleWords(lang).kit.danger}</h2></div>${entries.map(({ title, body, action }) => html`<div class="danger-entry"><div><h3>${title}</h3><div class="muted">${body}</div></div>${action}</div>`)}</section>`

/** A secret that is shown this once. */
export const secretOnce = (id: string, value: string, what: string, lang: ConsoleLanguage): Html =>
  html`<div class="secret-once" role="alert">${notice('warning', consoleWords(lang).kit.secretOnce)}${copyable(id, value, what, lang)}</div>`

/** Somebody else's name or words: they may run from right to left. */
export const said = (text: string): Html => html`<bdi>${text}</bdi>`

/** Several, each with its page, in a sentence. */
export const inLine = (some: readonly { readonly name: string; readonly href: string }[]): Html =>
  joined(some.map(({ name, href }) => html`<a href="${href}">${said(name)}</a>`))

/** One after the other; no line begins with a comma. */
export const joined = (parts: readonly Html[]): Html =>
  html`${parts.map((part, index) => html`<span class="entry">${part}${index < parts.length - 1 && ','}</span> `)}`

/** What lists show in a cell that has nothing to say. */
export const nothing: Html = html`<span class="muted" aria-hidden="true">–</span>`

/** JSON to be read by people. */
export const json = (value: unknown): Html =>
  html`<pre class="json" tabindex="0"><bdi>${JSON.stringify(value, null, 2)}</bdi></pre>`

import { type Html, html } from './html.ts'

const icon = (path: Html): Html =>
  html`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">${path}</svg>`

/** An arch: the gatehouse. */
export const mark: Html = html`<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false"><path d="M3 30V15a13 13 0 0 1 26 0v15h-7V15.5a6 6 0 0 0-12 0V30z"/></svg>`

export const triangle: Html = icon(
  html`<path d="M10 2.2 19 18H1zM9.1 7.5v5h1.8v-5zm0 6.3v1.8h1.8v-1.8z" fill-rule="evenodd"/>`,
)
export const cross: Html = icon(html`<path d="m5 5 10 10M15 5 5 15" class="stroke"/>`)
export const dot: Html = icon(html`<circle cx="10" cy="10" r="4.5"/>`)
export const tick: Html = icon(html`<path d="m4 10.5 4 4 8-9" class="stroke"/>`)
export const onward: Html = icon(html`<path d="m8 5 5 5-5 5" class="stroke"/>`)

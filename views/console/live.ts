/**
 * The parts of pages that follow what somebody types, by htmx: it asks as the form's own button does, and takes the part out
 * of the page that comes back. Without it the buttons do the same.
 */
import { assetUrl } from '../assets.ts'
import { type Html, html } from '../html.ts'

const found = 'found'
const count = 'count'

/** Nothing is evaluated, styled inline, kept in the browser's storage, or asked of anybody but us (our policy allows none of it). */
const config = {
  ...{ allowEval: false, allowScriptTags: false, includeIndicatorStyles: false, selfRequestsOnly: true },
  ...{ historyCacheSize: 0, historyEnabled: false },
  // A form that is wrong comes back as a page that says so.
  responseHandling: [
    { code: '(2..|422)', swap: true },
    { code: '...', swap: false },
  ],
}

export const liveHead = (assets: string): Html =>
  html`<meta name="htmx-config" content="${JSON.stringify(config)}">
<script src="${assetUrl(assets, 'htmx.js')}" defer></script>`

/** On a form that searches. */
export const liveSearch = (action: string): Html =>
  html` data-hx-get="${action}" data-hx-trigger="input delay:300ms" data-hx-target="#${found}" data-hx-select="#${found}" data-hx-select-oob="#${count}" data-hx-swap="outerHTML" data-hx-sync="this:replace"`

/** What the search finds. */
export const foundPart = (content: Html): Html => html`<div class="found" id="${found}">${content}</div>`

/** How many that are; told to whoever does not see the list. */
export const countPart = (content: Html): Html =>
  html`<span class="count muted" id="${count}" role="status">${content}</span>`

/** In a form: what its button with this intent would show instead. */
export const livePart = (id: string, action: string, intent: string, content: Html): Html =>
  html`<div id="${id}" data-hx-post="${action}" data-hx-trigger="input from:closest form delay:400ms" data-hx-vals="${JSON.stringify({ intent })}" data-hx-select="#${id}" data-hx-swap="outerHTML" data-hx-sync="this:replace">${content}</div>`

import { assetUrl } from './assets.ts'
import { type Html, html } from './html.ts'
import { mark } from './icons.ts'
import { safeUrl } from './url.ts'
import { frameWords, type PageLanguage } from './words/frame.ts'
import type { Text } from './words.ts'

/** The application a person is on the way to, as its registration describes it. */
export interface Application {
  readonly name: string
  /** Its home page. */
  readonly url?: string
  readonly policyUrl?: string
  readonly termsUrl?: string
}

/** What every page needs to know about where it stands. */
export interface Place {
  /** Path or URL below which {@link ./assets.ts} is served, without a slash at the end. */
  readonly assets: string
  readonly lang?: PageLanguage
}

export interface Frame extends Place {
  readonly title: Text
  readonly application?: Application
  /** In the head, after those that every page has. */
  readonly scripts?: Html
}

/** A name somebody else chose: it may run from right to left and must not turn the sentence round it. */
export const nameOf = (name: string): Html => html`<bdi>${name}</bdi>`

/** The whole document round a page's `body`, which holds the one `h1`. */
export function page({ title, assets, lang = 'en', application, scripts }: Frame, body: Html): Html {
  const words = frameWords[lang]
  return html`<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<title>${title} – ${words.product}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="${assetUrl(assets, 'mark.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${assetUrl(assets, 'gatehouse.css')}">
<script src="${assetUrl(assets, 'signin.js')}"></script>
${scripts}
</head>
<body class="threshold">
<div class="gate">
<header class="crown">${mark}<span class="wordmark">${words.product}</span></header>
<main>
${body}
</main>
</div>
<footer class="ground">
${application && legal(application, lang)}
<button type="button" class="quiet" data-theme-switch data-dark="${words.theme.dark}" data-light="${words.theme.light}" hidden></button>
</footer>
</body>
</html>
`
}

function legal({ name, policyUrl, termsUrl }: Application, lang: PageLanguage): Html | undefined {
  const { legal: words } = frameWords[lang]
  const links = [
    { href: policyUrl && safeUrl(policyUrl), text: words.policy },
    { href: termsUrl && safeUrl(termsUrl), text: words.terms },
  ].filter(({ href }) => href)
  if (links.length === 0) return undefined
  return html`<nav aria-label="${words.label(name)}"><ul>${links.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}</ul></nav>`
}

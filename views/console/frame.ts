import { assetUrl } from '../assets.ts'
import { type Html, html } from '../html.ts'
import { mark, tick } from '../icons.ts'
import { type ConsoleLanguage, type ConsoleWords, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'
import { liveHead } from './live.ts'
import { notice } from './parts.ts'

/** A place in the rail; its name stands in the words of the frame. */
export type Area = keyof ConsoleWords['frame']['areas']

export interface Crumb {
  readonly text: Text
  readonly href: string
}

/** What stands round every page of the console. */
export interface ConsoleFrame {
  readonly assets: string
  readonly lang: ConsoleLanguage
  /** The console's own path, without a slash at the end. */
  readonly here: string
  /** The one the page belongs to. */
  readonly area: Area
  readonly areas: readonly { readonly area: Area; readonly href: string }[]
  readonly title: Text
  /** One sentence of purpose. */
  readonly lead?: Text
  /** The ways back, without the page itself. */
  readonly crumbs: readonly Crumb[]
  /** At most one of them primary. */
  readonly actions?: Html
  /** Of the administrator. */
  readonly who: string
  readonly csrf: string
  /** What has just been done. */
  readonly said: string | undefined
  /** They had been signed out when they sent something, and it is lost. */
  readonly isUnsent: boolean
}

/** The whole document round a page's `body`; the one `h1` is the frame's. */
export function consolePage(frame: ConsoleFrame, body: Html): Html {
  const { assets, lang, here, area, areas, title, lead, crumbs, actions, who, csrf, said, isUnsent } = frame
  const { frame: words, kit } = consoleWords(lang)
  const menu = areas.map(
    (one) =>
      html`<li><a href="${one.href}"${one.area === area && html` aria-current="${crumbs.length === 0 ? 'page' : 'true'}"`}>${words.areas[one.area]}</a></li>`,
  )
  return html`<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<title>${title} – ${words.product}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="${assetUrl(assets, 'mark.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${assetUrl(assets, 'gatehouse.css')}">
<link rel="stylesheet" href="${assetUrl(assets, 'console.css')}">
<script src="${assetUrl(assets, 'signin.js')}"></script>
<script src="${assetUrl(assets, 'console.js')}"></script>
${liveHead(assets)}
</head>
<body class="console">
<a class="skip" href="#content">${words.skip}</a>
<header class="head">
<a class="brand" href="${here}/">${mark}<span>${words.product}</span></a>
<div class="self">
<span class="who"><span class="unseen">${words.signedInAs} </span><bdi>${who}</bdi></span>
<a class="quiet" href="${here}/security">${words.security}</a>
<form method="post" action="${here}/sign-out"><input type="hidden" name="csrf" value="${csrf}"><button class="quiet">${words.signOut}</button></form>
</div>
</header>
<nav class="rail" aria-label="${words.menu}">
<details class="fold"><summary>${words.menu}<span class="here">${words.areas[area]}</span></summary><ul>${menu}</ul></details>
<ul class="wide">${menu}</ul>
<fieldset class="themes" data-themes hidden><legend>${words.theme.label}</legend>${(['system', 'light', 'dark'] as const).map((theme) => html`<button type="button" value="${theme}" aria-pressed="false">${words.theme[theme]}</button>`)}</fieldset>
</nav>
<main id="content" tabindex="-1">
${said !== undefined && html`<div class="notice done-line" role="status"><span class="success">${tick}</span><p>${said}</p></div>`}
${isUnsent && notice('warning', kit.notSent, 'alert')}
${crumbs.length > 0 && html`<nav class="crumbs" aria-label="${words.crumbs}"><ol>${crumbs.map(({ text, href }) => html`<li><a href="${href}">${text}</a></li>`)}</ol></nav>`}
<div class="title"><div><h1>${title}</h1>${lead !== undefined && html`<p class="lead">${lead}</p>`}</div>${actions && html`<div class="actions">${actions}</div>`}</div>
${body}
</main>
</body>
</html>
`
}

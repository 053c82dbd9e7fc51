import { type Html, html } from './html.ts'
import { triangle } from './icons.ts'
import { type Application, type Place, page } from './layout.ts'
import { formButton, referenceLine } from './parts.ts'
import { safeUrl } from './url.ts'
import { type Text, wordsIn } from './words.ts'

export interface Problem extends Place {
  /** The answer's HTTP status. */
  readonly status: number
  /** What happened. */
  readonly title: string
  /** Why, as far as it may be said. */
  readonly cause: string
  /** What the reader can do: `adviceFor(code)` at sign-in, the catalogue's `fix` where administrators read. */
  readonly fix: string
  readonly reference?: string
  readonly application?: Application
  /** At least one way on, the likeliest first; two where there are two. */
  readonly ways: readonly [Way, ...Way[]]
  /** Somebody else's words, such as an upstream's error_description. */
  readonly detail?: string
}

export type Way =
  | { readonly label: Text; readonly href: string }
  | { readonly label: Text; readonly action: string; readonly fields: Readonly<Record<string, string>> }

/** What happened, why, what to do, and a door out. For every refusal, and for 404 and 500 too. */
export function problemView({
  status,
  title,
  cause,
  fix,
  reference,
  application,
  ways,
  detail,
  assets,
  lang,
}: Problem): Html {
  const { problem: words } = wordsIn(lang)
  const body = html`<h1 class="problem"><span class="danger">${triangle}</span>${title}</h1>
<dl class="account">
<div><dt>${words.why}</dt><dd>${cause}</dd></div>
<div><dt>${words.todo}</dt><dd>${fix}</dd></div>
</dl>
${detail !== undefined && html`<details><summary>${words.detail}</summary><pre><bdi>${detail}</bdi></pre></details>`}
<div class="choice">${ways.map((way, index) => wayOn(way, index === 0 ? 'primary' : 'plain'))}</div>
<div class="sill">
${reference !== undefined && referenceLine(reference, lang)}
<p>${words.status(status)}</p>
</div>`
  return page({ title, assets, lang, application }, body)
}

function wayOn(way: Way, look: 'primary' | 'plain'): Html | undefined {
  if ('action' in way) return formButton({ ...way, look })
  const href = safeUrl(way.href, 'redirect')
  return href === undefined ? undefined : html`<a class="${look}" href="${href}"><span>${way.label}</span></a>`
}

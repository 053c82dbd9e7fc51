/** The list of APIs. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { type List, listing } from './listing.ts'
import { said, state } from './parts.ts'

export interface ApiRow {
  readonly name: string
  readonly slug: string
  readonly hosts: readonly string[]
  readonly pathPrefix: string
  readonly sources: number
  readonly enforcement: 'enforce' | 'report'
  readonly keys: number
  readonly href: string
}

export interface ApiList extends List<ApiRow> {}

export const enforcementState = (enforcement: ApiRow['enforcement'], lang: ConsoleLanguage): Html => {
  const words = consoleWords(lang).apis.enforcement
  return enforcement === 'enforce' ? state('good', words.enforce) : state('warning', words.report)
}

export function apisView(page: ApiList): Html {
  const { apis: words } = consoleWords(page.lang)
  return listing(page, words, {
    columns: [
      {
        ...{ title: words.columns.name, header: true },
        cell: ({ name, slug, href }) => html`<a href="${href}">${said(name)}</a><small><code>${slug}</code></small>`,
      },
      {
        title: words.columns.address,
        cell: ({ hosts, pathPrefix }) =>
          hosts.length === 0
            ? html`<span class="muted">${words.noAddress}</span>`
            : html`${hosts.slice(0, 3).map((host) => html`<code class="line">${host}${pathPrefix}</code>`)}${hosts.length > 3 && html`<small>+ ${hosts.length - 3}</small>`}`,
      },
      {
        ...{ title: words.columns.sources, figures: true },
        cell: ({ sources }) => (sources === 0 ? words.anySource : sources),
      },
      { title: words.columns.enforcement, cell: ({ enforcement }) => enforcementState(enforcement, page.lang) },
      { title: words.columns.keys, figures: true, cell: ({ keys }) => keys },
    ],
  })
}

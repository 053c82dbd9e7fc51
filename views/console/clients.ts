/** The list of clients. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type List, listing } from './listing.ts'
import { nothing, said, state } from './parts.ts'
import { ago, type Moment } from './time.ts'

export type ClientKindName = keyof ReturnType<typeof consoleWords>['clients']['kinds']

export interface ClientRow {
  readonly id: string
  readonly name: string
  readonly kind: ClientKindName
  readonly enabled: boolean
  readonly isBuiltIn: boolean
  /** Names; `null`: any. */
  readonly sources: readonly string[] | null
  readonly updatedAt: number
  readonly href: string
}

export interface ClientList extends List<ClientRow>, Moment {
  readonly kind: string
}

const shownSources = 3

export function clientsView(page: ClientList): Html {
  const { clients: words } = consoleWords(page.lang)
  const kinds = Object.entries(words.kinds).map(([value, { name }]) => ({ value, text: name }))
  return listing(page, words, {
    filters: [
      { name: 'kind', label: words.kind, value: page.kind, options: [{ value: '', text: words.any }, ...kinds] },
    ],
    columns: [
      {
        ...{ title: words.columns.name, header: true },
        cell: ({ id, name, href }) => html`<a href="${href}">${said(name)}</a><small><code>${id}</code></small>`,
      },
      {
        title: words.columns.kind,
        cell: ({ kind, isBuiltIn }) =>
          html`${words.kinds[kind].name}${isBuiltIn && html`<small>${words.builtIn.badge}</small>`}`,
      },
      { title: words.columns.state, cell: ({ enabled }) => clientState(enabled, page) },
      { title: words.columns.sources, cell: ({ kind, sources }) => sourcesCell(kind, sources, page) },
      { title: words.columns.updated, cell: ({ updatedAt }) => ago(updatedAt, page) },
    ],
  })
}

export function clientState(enabled: boolean, { lang }: Pick<Moment, 'lang'>): Html {
  const { clients: words } = consoleWords(lang)
  return enabled ? state('good', words.on) : state('off', words.off)
}

function sourcesCell(kind: ClientKindName, sources: readonly string[] | null, { lang }: Moment): Html {
  const { clients: words } = consoleWords(lang)
  if (kind === 'machine' || kind === 'resource_server') return nothing
  if (sources === null) return html`${words.anySource}`
  if (sources.length === 0) return html`${words.noSource}`
  const more = sources.length - shownSources
  return html`${said(sources.slice(0, shownSources).join(', '))}${more > 0 && ` +${more}`}`
}

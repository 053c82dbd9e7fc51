/** The list of people. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { linkButton, nothing, said, state } from './parts.ts'
import { pager, searchForm, table } from './table.ts'
import { ago, type Moment } from './time.ts'

export interface PersonRow {
  readonly name: string
  /** What they sign in with, or their e-mail address. */
  readonly known: string | undefined
  readonly sources: readonly string[]
  readonly seenAt: number | null
  readonly enabled: boolean
  readonly isSelf: boolean
  readonly href: string
}

export interface PersonList extends Moment {
  readonly rows: readonly PersonRow[]
  readonly action: string
  readonly add: string | undefined
  readonly search: string
  readonly next: string | undefined
  readonly first: string | undefined
}

export function peopleView(page: PersonList): Html {
  const { people: words, kit } = consoleWords(page.lang)
  return html`${searchForm({ action: page.action, value: page.search, label: words.search, count: kit.shown(page.rows.length, undefined), lang: page.lang })}${table(
    {
      caption: words.title,
      rows: page.rows,
      empty:
        page.search === ''
          ? html`<p>${words.empty}</p>${page.add !== undefined && linkButton(page.add, words.add, 'primary')}`
          : html`<p>${words.noneFound}</p><p><a href="${page.action}">${kit.showAll}</a></p>`,
      columns: [
        {
          ...{ title: words.columns.name, header: true },
          cell: ({ name, known, href, isSelf }) =>
            html`<a href="${href}">${said(name)}</a>${(known !== undefined || isSelf) && html`<small>${known !== undefined && said(known)}${isSelf && html` (${words.self})`}</small>`}`,
        },
        {
          title: words.columns.source,
          cell: ({ sources }) =>
            sources.length === 0 ? html`<span class="muted">${words.noSource}</span>` : said(sources.join(', ')),
        },
        { title: words.columns.seen, cell: ({ seenAt }) => (seenAt === null ? nothing : ago(seenAt, page)) },
        { title: words.columns.state, cell: ({ enabled }) => personState(enabled, page) },
      ],
    },
  )}${pager(page)}`
}

export function personState(enabled: boolean, { lang }: Pick<Moment, 'lang'>): Html {
  const { people: words } = consoleWords(lang)
  return enabled ? state('good', words.on) : state('off', words.off)
}

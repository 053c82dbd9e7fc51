/** The list of people. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type List, listing } from './listing.ts'
import { nothing, said, state } from './parts.ts'
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

export interface PersonList extends List<PersonRow>, Moment {}

export function peopleView(page: PersonList): Html {
  const { people: words } = consoleWords(page.lang)
  return listing(page, words, {
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
  })
}

export function personState(enabled: boolean, { lang }: Pick<Moment, 'lang'>): Html {
  const { people: words } = consoleWords(lang)
  return enabled ? state('good', words.on) : state('off', words.off)
}

/** The list of authentication sources. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type List, listing } from './listing.ts'
import { nothing, said, state, type Tone } from './parts.ts'
import { ago, type Moment } from './time.ts'

export type SourceTypeName = keyof ReturnType<typeof consoleWords>['sources']['types']

/** How sign-ins through it went lately, in one look. */
export interface Light {
  readonly enabled: boolean
  readonly lastSuccess: number | null
  readonly lastFailure: { readonly at: number; readonly title: string } | null
  /** What of it ends first, such as a certificate; milliseconds. */
  readonly ends: { readonly what: string; readonly at: number } | undefined
}

/** Milliseconds before something ends in which everybody is to see it. */
const soon = 30 * 86_400_000

export interface SourceRow extends Light {
  readonly id: string
  readonly name: string
  readonly alias: string
  readonly type: SourceTypeName
  readonly description: string
  readonly apis: number
  readonly portals: number
  readonly href: string
  /** `undefined`: this administrator may not. */
  readonly remove: string | undefined
}

export interface SourceList extends List<SourceRow>, Moment {
  readonly type: string
  readonly enabled: string
  readonly types: readonly SourceTypeName[]
}

export function lightOf({ enabled, lastSuccess, lastFailure, ends }: Light, moment: Moment): Html {
  const { states } = consoleWords(moment.lang).sources
  const mark = (tone: Tone, word: string, at?: number) =>
    state(tone, word, at === undefined ? undefined : ago(at, moment))
  if (!enabled) return mark('off', states.off)
  if (lastFailure && lastFailure.at > (lastSuccess ?? 0))
    return html`${mark('bad', states.fails, lastFailure.at)}<small class="muted">${lastFailure.title}</small>`
  if (ends && ends.at - moment.now < soon)
    return html`${mark(ends.at <= moment.now ? 'bad' : 'warning', ends.at <= moment.now ? states.ended : states.ends, ends.at)}<small class="muted">${ends.what}</small>`
  return lastSuccess === null ? mark('off', states.unused) : mark('good', states.works, lastSuccess)
}

export function sourcesView(page: SourceList): Html {
  const { sources: words } = consoleWords(page.lang)
  const filters = [
    {
      ...{ name: 'type', label: words.type, value: page.type },
      options: [
        { value: '', text: words.any },
        ...page.types.map((type) => ({ value: type, text: words.types[type] })),
      ],
    },
    {
      ...{ name: 'enabled', label: words.state, value: page.enabled },
      options: [
        { value: '', text: words.any },
        { value: 'true', text: words.on },
        { value: 'false', text: words.off },
      ],
    },
  ]
  const usage = (count: number, { href }: SourceRow) =>
    count === 0 ? nothing : html`<a href="${href}#usage">${count}</a>`
  return listing(page, words, {
    filters,
    columns: [
      {
        ...{ title: words.columns.name, header: true },
        cell: ({ name, alias, href }) => html`<a href="${href}">${said(name)}</a><small><code>${alias}</code></small>`,
      },
      { title: words.columns.type, cell: ({ type }) => words.types[type] },
      { title: words.columns.state, cell: (row) => lightOf(row, page) },
      { title: words.columns.apis, figures: true, cell: (row) => usage(row.apis, row) },
      { title: words.columns.portals, figures: true, cell: (row) => usage(row.portals, row) },
      {
        title: words.columns.description,
        cell: ({ description }) => (description === '' ? nothing : said(description)),
      },
      { title: words.columns.remove, cell: (row) => removal(row, page) },
    ],
  })
}

/** Possible, or the reason why not with the way to whoever uses it. */
function removal({ name, apis, portals, href, remove }: SourceRow, { lang }: Moment): Html {
  const { sources: words, kit } = consoleWords(lang)
  if (apis + portals > 0)
    return html`<span class="unable"><span aria-hidden="true">${kit.remove}</span> <a href="${href}#usage" aria-label="${words.whyInUse(name)}">${words.inUse}</a></span>`
  return remove === undefined
    ? nothing
    : html`<a href="${remove}" aria-label="${words.removeNamed(name)}">${kit.remove}</a>`
}

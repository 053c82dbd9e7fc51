/** A collection as a page: what is looked for in it, what there is, and the first step where there is nothing yet. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'
import { linkButton } from './parts.ts'
import { type Column, type Filter, pager, searchable, table } from './table.ts'

export interface List<Row> {
  readonly lang: ConsoleLanguage
  readonly rows: readonly Row[]
  /** The page's own address. */
  readonly action: string
  /** Where one is added; `undefined`: this administrator may not. */
  readonly add: string | undefined
  readonly search: string
  /** Of all, whatever is looked for; absent: nobody counted. */
  readonly all?: number
  readonly next: string | undefined
  readonly first: string | undefined
}

interface ListWords {
  readonly title: Text
  readonly search: string
  readonly add: Text
  readonly empty: Text
  readonly noneFound: Text
}

export function listing<Row>(
  page: List<Row>,
  words: ListWords,
  { columns, filters = [] }: { readonly columns: readonly Column<Row>[]; readonly filters?: readonly Filter[] },
): Html {
  const { action, add, lang, rows, search, all } = page
  const { kit } = consoleWords(lang)
  const isNarrowed = search !== '' || filters.some(({ value }) => value !== '')
  const empty = isNarrowed
    ? html`<p>${words.noneFound}</p><p><a href="${action}">${kit.showAll}</a></p>`
    : html`<p>${words.empty}</p>${add !== undefined && linkButton(add, words.add, 'primary')}`
  const count = kit.shown(rows.length, all)
  const found = html`${table({ caption: words.title, rows, empty, columns })}${pager(page)}`
  return searchable({ action, value: search, label: words.search, filters, count, lang }, found)
}

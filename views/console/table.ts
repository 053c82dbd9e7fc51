import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'
import { countPart, foundPart, liveSearch } from './live.ts'

export interface Column<Row> {
  readonly title: Text
  readonly cell: (row: Row) => Html | Text | number | undefined
  /** Names the row: its cell is the row's header. One column is it. */
  readonly header?: boolean
  /** Figures stand at the right. */
  readonly figures?: boolean
  /** Only where there is room for it: not on telephones. */
  readonly wide?: boolean
}

interface TableOf<Row> {
  /** What it lists; read out, not shown. */
  readonly caption: Text
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** What belongs here, and the first step: instead of a table without rows. */
  readonly empty: Html
}

export function table<Row>({ caption, columns, rows, empty }: TableOf<Row>): Html {
  if (rows.length === 0) return html`<div class="empty">${empty}</div>`
  const look = ({ figures, wide }: Column<Row>) => [figures && 'figures', wide && 'wide'].filter(Boolean).join(' ')
  const cell = (column: Column<Row>, row: Row) => {
    const classes = look(column)
    const attributes = html`${classes !== '' && html` class="${classes}"`}`
    return column.header
      ? html`<th scope="row"${attributes}>${column.cell(row)}</th>`
      : html`<td${attributes} data-title="${column.title}"><div>${column.cell(row)}</div></td>`
  }
  return html`<div class="table-frame" tabindex="0" role="region" aria-label="${caption}"><table><caption class="unseen">${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${look(column) !== '' && html` class="${look(column)}"`}>${column.title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${columns.map((column) => cell(column, row))}</tr>`)}</tbody></table></div>`
}

interface Pager {
  /** The address of the page after this one; `undefined`: this is the last. */
  readonly next: string | undefined
  /** The address of the first page; `undefined`: this is it. */
  readonly first: string | undefined
  readonly lang: ConsoleLanguage
}

export function pager({ next, first, lang }: Pager): Html | undefined {
  const { kit } = consoleWords(lang)
  if (next === undefined && first === undefined) return undefined
  return html`<nav class="pager" aria-label="${kit.pages}">${first !== undefined && html`<a href="${first}">${kit.first}</a>`}${next !== undefined && html`<a href="${next}" rel="next">${kit.next}</a>`}</nav>`
}

export interface Filter {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly options: readonly { readonly value: string; readonly text: string }[]
  /** What may be typed, where there are more than the options. */
  readonly typed?: string | undefined
}

interface Search {
  readonly action: string
  /** What is looked for now. */
  readonly value: string
  /** Above the field: what may be typed. */
  readonly label: string
  readonly filters?: readonly Filter[]
  /** How many there are. */
  readonly count?: Text
  readonly lang: ConsoleLanguage
}

/** The form, and below it what it finds. */
export function searchable({ action, value, label, filters = [], count, lang }: Search, content: Html): Html {
  const { kit } = consoleWords(lang)
  const isNarrowed = value !== '' || filters.some((filter) => filter.value !== '')
  return html`<form class="search" role="search" method="get" action="${action}"${liveSearch(action)}>
<div class="field grow"><label for="q">${label}</label><input type="search" id="q" name="q" value="${value}" maxlength="200" autocomplete="off"></div>
${filters.map((filter) => html`<div class="field"><label for="filter-${filter.name}">${filter.label}</label>${filter.typed === undefined ? choice(filter) : typed(filter, filter.typed)}</div>`)}
<button class="button plain">${kit.search}</button>${isNarrowed && html`<a class="all" href="${action}">${kit.showAll}</a>`}${count !== undefined && countPart(html`${count}`)}
</form>${foundPart(content)}`
}

const choice = ({ name, value, options }: Filter): Html =>
  html`<select id="filter-${name}" name="${name}">${options.map((option) => html`<option value="${option.value}"${option.value === value && html` selected`}>${option.text}</option>`)}</select>`

const typed = ({ name, value, options }: Filter, what: string): Html =>
  html`<input type="text" id="filter-${name}" name="${name}" value="${value}" maxlength="200" list="options-${name}" placeholder="${what}" autocomplete="off" spellcheck="false"><datalist id="options-${name}">${options.map((option) => option.value !== '' && html`<option value="${option.value}">${option.text}</option>`)}</datalist>`

import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'

export interface FilterField {
  /** Of the address's query. */
  readonly name: string
  readonly label: Text
  /** What it is narrowed to now; empty: nothing. */
  readonly value: string
  /** A choice of one. */
  readonly options?: readonly { readonly value: string; readonly text: string }[]
  /** A moment, to the minute. */
  readonly time?: boolean
  readonly help?: Text
}

interface Filters {
  readonly action: string
  /** The first four are always seen. */
  readonly fields: readonly FilterField[]
  readonly lang: ConsoleLanguage
}

const alwaysSeen = 4

/** Narrows a list by more than a word: a form of the page's own query, so that what is found can be linked to. */
export function filterForm({ action, fields, lang }: Filters): Html {
  const { kit } = consoleWords(lang)
  const isSet = ({ value }: FilterField) => value !== ''
  const isNarrowed = fields.some(isSet)
  const [seen, folded] = [fields.slice(0, alwaysSeen), fields.slice(alwaysSeen)]
  return html`<form class="filters" role="search" method="get" action="${action}">
<div class="filter-fields">${seen.map(field)}</div>
${folded.length > 0 && html`<details${folded.some(isSet) && html` open`}><summary>${kit.narrowMore}</summary><div class="filter-fields">${folded.map(field)}</div></details>`}
<div class="buttons"><button class="button plain">${kit.search}</button>${isNarrowed && html`<a class="all" href="${action}">${kit.showAll}</a>`}</div></form>`
}

function field({ name, label, value, options, time, help }: FilterField): Html {
  const id = `filter-${name}`
  const described = help !== undefined && html` aria-describedby="${id}-help"`
  const control =
    options === undefined
      ? html`<input type="${time ? 'datetime-local' : 'search'}" id="${id}" name="${name}" value="${value}" autocomplete="off" spellcheck="false"${described}>`
      : html`<select id="${id}" name="${name}"${described}>${options.map((one) => html`<option value="${one.value}"${one.value === value && html` selected`}>${one.text}</option>`)}</select>`
  return html`<div class="field"><label for="${id}">${label}</label>${control}${help !== undefined && html`<p class="help" id="${id}-help">${help}</p>`}</div>`
}

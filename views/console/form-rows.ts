/** A field that is a list of small records: a table of controls, with each cell's problem in the cell. */
import { type Html, html } from '../html.ts'
import { triangle } from '../icons.ts'
import { consoleWords } from '../words/console.ts'
import type { Column, Field, Form, Values, Wrong } from './form.ts'

type Shown = Pick<Form, 'values' | 'saved' | 'lang'>

/** What the button says that asks for further rows of the field: nothing is saved, and nothing that was entered is lost. */
const moreOf = (name: string): string => `${moreRows}${name}`
export const moreRows = 'more:'

export const idOf = (name: string): string => `field-${name.replace(/[^\w-]/g, '-')}`

/** One more than the greatest index that `values` has of the list. */
export const rowCount = (name: string, values: Values): number =>
  1 +
  Math.max(
    -1,
    ...Object.entries(values).flatMap(([key, value]) => {
      const [, index] = key.startsWith(`${name}.`) ? (/^(\d+)\./.exec(key.slice(name.length + 1)) ?? []) : []
      return index === undefined || value === '' ? [] : [Number(index)]
    }),
  )

/** The control that a problem of the list is about; `undefined`: the list as a whole. Rows that are empty were not sent on. */
export function cellOf({ name, columns = [] }: Field, { path }: Wrong, values: Values): string | undefined {
  const [, index, rest = ''] = /^\.(\d+)(?:\.(.*))?$/.exec(path.slice(name.length)) ?? []
  const rows = Array.from({ length: rowCount(name, values) }, (_, row) => row).filter((row) =>
    columns.some((column) => (values[`${name}.${row}.${column.name}`] ?? '').trim() !== ''),
  )
  const row = index === undefined ? undefined : rows[Number(index)]
  const column = columns.find((one) => rest === one.name || rest.startsWith(`${one.name}.`)) ?? columns[0]
  return row === undefined || column === undefined ? undefined : `${name}.${row}.${column.name}`
}

/** `role 2`, for whoever is told of it above the form. */
export function cellLabel({ name, columns = [] }: Field, control: string): string {
  const [row, ...column] = control.slice(name.length + 1).split('.')
  return `${columns.find((one) => one.name === column.join('.'))?.label ?? ''} ${Number(row) + 1}`
}

/** As many as there are and some more, so that it works without scripts; an empty row is none. */
export function rowsView({ name, columns = [], label }: Field, { values, lang }: Shown, wrong: Values): Html {
  const sent = rowCount(name, Object.fromEntries(Object.keys(values).map((key) => [key, 'sent'])))
  const count = values.intent === moreOf(name) ? sent + 3 : Math.max(sent, rowCount(name, values) + 1)
  const cell = (row: number, column: Column) => {
    const control = `${name}.${row}.${column.name}`
    const [id, value, problem] = [idOf(control), values[control] ?? '', wrong[control]]
    const attributes = html` id="${id}" name="${control}" aria-label="${column.label} ${row + 1}"${problem !== undefined && html` aria-invalid="true" aria-describedby="${id}-wrong"`}`
    const told = problem !== undefined && html`<p class="wrong" id="${id}-wrong">${triangle}<span>${problem}</span></p>`
    return html`<td data-title="${column.label}"><div>${column.options ? choice(column.options, value, attributes) : html`<input type="text"${attributes} value="${value}" autocomplete="off" spellcheck="false">`}${told}</div></td>`
  }
  return html`<table class="rows" aria-label="${label}"><thead><tr>${columns.map((column) => html`<th scope="col">${column.label}</th>`)}</tr></thead><tbody>${Array.from({ length: count }, (_, row) => html`<tr>${columns.map((column) => cell(row, column))}</tr>`)}</tbody></table><button class="quiet more" name="intent" value="${moreOf(name)}" formnovalidate>${consoleWords(lang).kit.another}</button>`
}

/** What is not among the options stays as it is. */
function choice(given: NonNullable<Column['options']>, value: string, attributes: Html): Html {
  const isKnown = value === '' || given.some((option) => option.value === value)
  const options = isKnown ? given : [{ value, text: value }, ...given]
  return html`<select${attributes}>${options.map((option) => html`<option value="${option.value}"${option.value === value && html` selected`}>${option.text}</option>`)}</select>`
}

/** The rows that are saved now, where that is not what was entered: each as a line. */
export function savedRows(field: Field, { values, saved, lang }: Shown): Html | undefined {
  if (saved === undefined) return undefined
  const lines = linesOf(field, saved)
  if (lines.join('\n') === linesOf(field, values).join('\n')) return undefined
  const { kit } = consoleWords(lang)
  return lines.length === 0
    ? html`${kit.nowSaved} ${kit.unset}`
    : html`${kit.nowSaved}<ul>${lines.map((line) => html`<li><bdi>${line}</bdi></li>`)}</ul>`
}

const linesOf = ({ name, columns = [] }: Field, values: Values): readonly string[] =>
  Array.from({ length: rowCount(name, values) }, (_, row) =>
    columns
      .flatMap(({ name: column, label, options }) => {
        const value = (values[`${name}.${row}.${column}`] ?? '').trim()
        const text = options?.find((option) => option.value === value)?.text ?? value
        return value === '' ? [] : [`${label}: ${text}`]
      })
      .join(', '),
  ).filter((line) => line !== '')

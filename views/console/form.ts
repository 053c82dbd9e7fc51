import { type Html, html } from '../html.ts'
import { triangle } from '../icons.ts'
import { hiddenFields } from '../parts.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'

/**
 * `lines`: a list, one per line. `blocks`: a list of PEM texts. `pairs`: names with values, one per line. `choices`: any of the options. `rows`: a list
 * of small records. `json`: whatever else there is.
 */
export type FieldKind =
  | 'text'
  | 'long'
  | 'url'
  | 'date'
  | 'number'
  | 'check'
  | 'choice'
  | 'choices'
  | 'lines'
  | 'blocks'
  | 'pairs'
  | 'rows'
  | 'secret'
  | 'json'

interface Column {
  readonly name: string
  readonly label: string
  /** To be chosen from. */
  readonly options?: readonly { readonly value: string; readonly text: string }[]
}

export interface Field {
  /** The path in the input's schema, which is the control's name as well: `config.issuer`. */
  readonly name: string
  readonly kind: FieldKind
  readonly label: string
  readonly help?: string
  readonly required: boolean
  /** Of `choice` and `choices`. */
  readonly options?: readonly { readonly value: string; readonly text: string }[]
  /** Of `text`: what may be meant; anything else can be typed as well. */
  readonly suggestions?: readonly { readonly value: string; readonly text: string }[]
  /** Of `rows`. */
  readonly columns?: readonly Column[]
  readonly placeholder?: string
  /** Hardly anybody can leave it empty: it is not called optional. */
  readonly expected?: boolean
  /** Of `secret`: there is one. */
  readonly kept?: boolean
  /** It cannot be changed any more. */
  readonly fixed?: boolean
  /** What the schema takes where nothing is said. */
  readonly initial?: unknown
}

/** By the names of the controls, as a form would send them; several values are several lines. */
export type Values = Readonly<Record<string, string>>

export interface Wrong {
  /** The path of the input's schema: `config.scopes.1`. */
  readonly path: string
  readonly message: string
}

export interface Group {
  readonly title?: Text
  readonly fields: readonly Field[]
  /** Closed until somebody opens it, or something in it is wrong. */
  readonly folded?: boolean
}

export interface Form {
  readonly action: string
  readonly csrf: string
  /** Of what is edited: another version has been saved since, and the change is refused. */
  readonly version?: number
  readonly groups: readonly Group[]
  /** Fields that `before` shows. */
  readonly elsewhere?: readonly Field[]
  readonly values: Values
  /** What is saved now, where somebody else saved it meanwhile. */
  readonly saved?: Values | undefined
  readonly problems: readonly Wrong[]
  /** What is wrong, or to be heeded, as a whole. */
  readonly message?: Text | undefined
  readonly hidden?: Readonly<Record<string, string>>
  /** Between the fields and the buttons. */
  readonly before?: Html | undefined
  readonly submit: Text
  /** Further buttons that send the form: with the field `intent`. */
  readonly others?: readonly { readonly intent: string; readonly label: Text }[]
  readonly cancel: string
  readonly lang: ConsoleLanguage
}

const idOf = (name: string): string => `field-${name.replace(/[^\w-]/g, '-')}`

/** A form with its errors under the fields and a summary on top that leads to them. It loses nothing that was entered. */
export function formView(form: Form): Html {
  const { action, csrf, version, groups, problems, hidden = {}, others = [], lang } = form
  const { kit } = consoleWords(lang)
  const fields = [...groups.flatMap((group) => group.fields), ...(form.elsewhere ?? [])]
  return html`<form class="form" method="post" action="${action}" novalidate data-once>
${hiddenFields({ csrf, ...(version !== undefined && { version: String(version) }), ...hidden })}
${fields.some(({ kind }) => kind === 'rows') && html`<button hidden name="intent" value="save"></button>`}
${summary(form, fields)}
${groups.map((group) => groupView(group, form))}
${form.before}
<div class="buttons"><button class="button primary" name="intent" value="save">${form.submit}</button>${others.map(({ intent, label }) => html`<button class="button plain" name="intent" value="${intent}">${label}</button>`)}<a class="cancel" href="${form.cancel}">${kit.cancel}</a></div>
${problems.length > 0 && html`<span hidden data-focus="form-problems"></span>`}
</form>`
}

function summary(form: Form, fields: readonly Field[]): Html | undefined {
  const { problems, message, lang } = form
  if (problems.length === 0 && message === undefined) return undefined
  const { kit } = consoleWords(lang)
  const entries = problems.map((problem) => {
    const field = ownerOf(problem.path, fields)
    const text = wordsFor(problem, field, form)
    return field
      ? html`<li><a href="#${idOf(field.name)}">${field.label}</a>: ${text}</li>`
      : html`<li>${problem.path !== '' && html`<code>${problem.path}</code>: `}${text}</li>`
  })
  return html`<div class="notice ${problems.length > 0 ? 'danger' : 'warning'}" role="alert" id="form-problems" tabindex="-1">${triangle}<div>${problems.length > 0 && html`<p><strong>${kit.problems(problems.length)}</strong></p>`}${message !== undefined && html`<p>${message}</p>`}${entries.length > 0 && html`<ul>${entries}</ul>`}</div></div>`
}

/** A field that was left empty is simply needed, whatever the schema calls it. */
const wordsFor = ({ path, message }: Wrong, field: Field | undefined, { values, lang }: Form): string =>
  field?.required && path === field.name && (values[field.name] ?? '').trim() === ''
    ? consoleWords(lang).kit.needed
    : message

/** The field that a problem's path lies in: the longest name that the path begins with. */
function ownerOf(path: string, fields: readonly Field[]): Field | undefined {
  return fields
    .filter(({ name }) => path === name || path.startsWith(`${name}.`))
    .toSorted((one, other) => other.name.length - one.name.length)[0]
}

function groupView({ title, fields, folded }: Group, form: Form): Html {
  const all = form.groups.flatMap((group) => group.fields)
  const wrong = (field: Field) =>
    // Of a list many entries may be wrong in the same way.
    [
      ...new Set(
        form.problems
          .filter(({ path }) => ownerOf(path, all) === field)
          .map((problem) => wordsFor(problem, field, form)),
      ),
    ]
  const body = fields.map((field) => fieldView(field, form, wrong(field)))
  if (folded)
    return html`<details class="group"${fields.some((field) => wrong(field).length > 0) && html` open`}><summary>${title}</summary>${body}</details>`
  return title === undefined
    ? html`<div class="group">${body}</div>`
    : html`<fieldset class="group"><legend>${title}</legend>${body}</fieldset>`
}

/** One field by itself, where a page has no whole form of them. */
export function fieldView(field: Field, form: Pick<Form, 'values' | 'saved' | 'lang'>, wrong: readonly string[]): Html {
  const { name, kind, label, help, required } = field
  const { kit } = consoleWords(form.lang)
  const id = idOf(name)
  const value = form.values[name] ?? ''
  const savedNow = kind === 'secret' ? undefined : form.saved?.[name]
  const differs = form.saved !== undefined && savedNow !== undefined && savedNow !== value
  const hints = [
    help !== undefined && help !== '' && help,
    kind === 'lines' && kit.onePerLine,
    kind === 'pairs' && kit.pairPerLine,
    kind === 'secret' && field.kept && kit.secretKept,
  ].filter((hint) => hint !== false)
  const described = [
    wrong.length > 0 && `${id}-wrong`,
    hints.length > 0 && `${id}-help`,
    differs && `${id}-saved`,
  ].filter((part) => part !== false)
  const attributes = html` id="${id}" name="${name}"${described.length > 0 && html` aria-describedby="${described.join(' ')}"`}${wrong.length > 0 && html` aria-invalid="true"`}${required && html` required`}`
  const help_ = hints.length > 0 && html`<p class="help" id="${id}-help">${hints.join(' ')}</p>`
  const wrong_ =
    wrong.length > 0 && html`<p class="wrong" id="${id}-wrong">${triangle}<span>${wrong.join(' ')}</span></p>`
  const saved_ =
    differs &&
    html`<p class="saved" id="${id}-saved">${kit.nowSaved} <bdi>${savedNow === '' ? kit.unset : savedNow}</bdi></p>`

  if (kind === 'check')
    return html`<div class="field check"><label><input type="checkbox"${attributes} value="on"${value === 'on' && html` checked`}><span>${label}</span></label>${help_}${wrong_}${saved_}</div>`
  if (kind === 'choices' || kind === 'rows') {
    const inner = kind === 'rows' ? rowsView(field, form) : choicesView(field, value)
    return html`<fieldset class="field" id="${id}"${described.length > 0 && html` aria-describedby="${described.join(' ')}"`}><legend>${label}${!required && html` <span class="muted">${kit.optional}</span>`}</legend>${inner}${help_}${wrong_}${saved_}</fieldset>`
  }
  const optional =
    !required && !field.expected && kind !== 'choice' && html` <span class="muted">${kit.optional}</span>`
  return html`<div class="field"><label for="${id}">${label}${optional}</label>${control(field, value, attributes)}${kind === 'secret' && field.kept && !required && html`<label class="also"><input type="checkbox" name="${name}:remove" value="on"> ${kit.secretRemove}</label>`}${help_}${wrong_}${saved_}</div>`
}

function control(
  { name, kind, options = [], suggestions = [], placeholder, fixed }: Field,
  value: string,
  attributes: Html,
): Html {
  const more = html`${placeholder !== undefined && html` placeholder="${placeholder}"`}${fixed && html` readonly`}`
  const lines = Math.min(16, Math.max(3, value.split('\n').length + 1))
  switch (kind) {
    case 'choice':
      return html`<select${attributes}>${options.map((option) => html`<option value="${option.value}"${option.value === value && html` selected`}>${option.text}</option>`)}</select>`
    case 'lines':
    case 'blocks':
    case 'pairs':
    case 'json':
      return html`<textarea class="mono" rows="${lines}" spellcheck="false" autocomplete="off"${attributes}${more}>
${value}</textarea>`
    case 'long':
      return html`<textarea rows="${lines}"${attributes}${more}>
${value}</textarea>`
    case 'secret':
      return html`<input type="password" autocomplete="new-password" spellcheck="false"${attributes}${more} value="${value}">`
    case 'number':
      return html`<input type="text" inputmode="numeric" class="short" autocomplete="off"${attributes}${more} value="${value}">`
    case 'date':
      return html`<input type="date" class="short"${attributes}${more} value="${value}">`
    default:
      return html`<input type="${kind === 'url' ? 'url' : 'text'}"${suggestions.length > 0 && html` list="${idOf(name)}-list"`} autocomplete="off" spellcheck="false"${attributes}${more} value="${value}">${suggestions.length > 0 && html`<datalist id="${idOf(name)}-list">${suggestions.map((one) => html`<option value="${one.value}">${one.text}</option>`)}</datalist>`}`
  }
}

const choicesView = ({ name, options = [] }: Field, value: string): Html =>
  html`<div class="choices">${options.map((option) => html`<label><input type="checkbox" name="${name}" value="${option.value}"${value.split('\n').includes(option.value) && html` checked`}> ${option.text}</label>`)}</div>`

/** What the button says that asks for further rows of the field: nothing is saved, and nothing that was entered is lost. */
const moreOf = (name: string): string => `${moreRows}${name}`
export const moreRows = 'more:'

/** As many as there are and some more, so that it works without scripts; an empty row is none. */
function rowsView({ name, columns = [], label }: Field, { values, lang }: Pick<Form, 'values' | 'lang'>): Html {
  const sent = rowCount(name, Object.fromEntries(Object.keys(values).map((key) => [key, 'sent'])))
  const count = values.intent === moreOf(name) ? sent + 3 : Math.max(sent, rowCount(name, values) + 1)
  const cell = (row: number, column: Column) => {
    const control = `${name}.${row}.${column.name}`
    const value = values[control] ?? ''
    if (column.options) {
      const isKnown = value === '' || column.options.some((option) => option.value === value)
      const options = isKnown ? column.options : [{ value, text: value }, ...column.options]
      return html`<td data-title="${column.label}"><select name="${control}" aria-label="${column.label} ${row + 1}">${options.map((option) => html`<option value="${option.value}"${option.value === value && html` selected`}>${option.text}</option>`)}</select></td>`
    }
    return html`<td data-title="${column.label}"><input type="text" name="${control}" value="${value}" aria-label="${column.label} ${row + 1}" autocomplete="off" spellcheck="false"></td>`
  }
  return html`<table class="rows" aria-label="${label}"><thead><tr>${columns.map((column) => html`<th scope="col">${column.label}</th>`)}</tr></thead><tbody>${Array.from({ length: count }, (_, row) => html`<tr>${columns.map((column) => cell(row, column))}</tr>`)}</tbody></table><button class="quiet more" name="intent" value="${moreOf(name)}" formnovalidate>${consoleWords(lang).kit.another}</button>`
}

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

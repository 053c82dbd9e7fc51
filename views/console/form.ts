import { type Html, html } from '../html.ts'
import { triangle } from '../icons.ts'
import { hiddenFields } from '../parts.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'
import { cellLabel, cellOf, idOf, rowsView, savedRows } from './form-rows.ts'

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

export interface Column {
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
    const cell = field?.kind === 'rows' ? cellOf(field, problem, form.values) : undefined
    return field
      ? html`<li><a href="#${idOf(cell ?? field.name)}">${field.label}${cell !== undefined && html`, ${cellLabel(field, cell)}`}</a>: ${text}</li>`
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
    form.problems
      .filter(({ path }) => ownerOf(path, all) === field)
      .map((problem) => ({ path: problem.path, message: wordsFor(problem, field, form) }))
  const body = fields.map((field) => fieldView(field, form, wrong(field)))
  if (folded)
    return html`<details class="group"${fields.some((field) => wrong(field).length > 0) && html` open`}><summary>${title}</summary>${body}</details>`
  return title === undefined
    ? html`<div class="group">${body}</div>`
    : html`<fieldset class="group"><legend>${title}</legend>${body}</fieldset>`
}

/** What is wrong with each cell, and what with the list. Of a list many entries may be wrong in the same way. */
function sorted(field: Field, wrong: readonly Wrong[], values: Values) {
  const cells = new Map<string, Set<string>>()
  for (const problem of wrong) {
    const cell = (field.kind === 'rows' ? cellOf(field, problem, values) : undefined) ?? ''
    cells.set(cell, (cells.get(cell) ?? new Set()).add(problem.message))
  }
  const { '': own, ...inCells } = Object.fromEntries([...cells].map(([cell, said]) => [cell, [...said].join(' ')]))
  return { own, inCells }
}

/** One field by itself, where a page has no whole form of them. */
export function fieldView(field: Field, form: Pick<Form, 'values' | 'saved' | 'lang'>, wrong: readonly Wrong[]): Html {
  const { name, kind, label, help, required } = field
  const { kit } = consoleWords(form.lang)
  const id = idOf(name)
  const value = form.values[name] ?? ''
  const { own, inCells } = sorted(field, wrong, form.values)
  const saved = kind === 'rows' ? savedRows(field, form) : savedNow(field, form)
  const hints = [
    help !== undefined && help !== '' && help,
    kind === 'lines' && kit.onePerLine,
    kind === 'pairs' && kit.pairPerLine,
    kind === 'secret' && field.kept && kit.secretKept,
  ].filter((hint) => hint !== false)
  const described = [
    own !== undefined && `${id}-wrong`,
    hints.length > 0 && `${id}-help`,
    saved !== undefined && `${id}-saved`,
  ].filter((part) => part !== false)
  const attributes = html` id="${id}" name="${name}"${described.length > 0 && html` aria-describedby="${described.join(' ')}"`}${own !== undefined && html` aria-invalid="true"`}${required && html` required`}`
  const help_ = hints.length > 0 && html`<p class="help" id="${id}-help">${hints.join(' ')}</p>`
  const wrong_ = own !== undefined && html`<p class="wrong" id="${id}-wrong">${triangle}<span>${own}</span></p>`
  const saved_ = saved !== undefined && html`<div class="saved" id="${id}-saved">${saved}</div>`

  if (kind === 'check')
    return html`<div class="field check"><label><input type="checkbox"${attributes} value="on"${value === 'on' && html` checked`}><span>${label}</span></label>${help_}${wrong_}${saved_}</div>`
  if (kind === 'choices' || kind === 'rows') {
    const inner = kind === 'rows' ? rowsView(field, form, inCells) : choicesView(field, value)
    return html`<fieldset class="field" id="${id}"${described.length > 0 && html` aria-describedby="${described.join(' ')}"`}><legend>${label}${!required && html` <span class="muted">${kit.optional}</span>`}</legend>${inner}${help_}${wrong_}${saved_}</fieldset>`
  }
  const optional =
    !required && !field.expected && kind !== 'choice' && html` <span class="muted">${kit.optional}</span>`
  return html`<div class="field"><label for="${id}">${label}${optional}</label>${control(field, value, attributes)}${kind === 'secret' && field.kept && !required && html`<label class="also"><input type="checkbox" name="${name}:remove" value="on"> ${kit.secretRemove}</label>`}${help_}${wrong_}${saved_}</div>`
}

function savedNow(
  { name, kind, options = [] }: Field,
  { values, saved, lang }: Pick<Form, 'values' | 'saved' | 'lang'>,
) {
  const { kit } = consoleWords(lang)
  const value = saved?.[name]
  if (kind === 'secret' || value === undefined || value === (values[name] ?? '')) return undefined
  const said = kind === 'check' ? (value === 'on' ? kit.yes : kit.no) : value
  const text = options.find((option) => option.value === value)?.text ?? said
  return html`${kit.nowSaved} <bdi>${text === '' ? kit.unset : text}</bdi>`
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

/** Adding a source: pick, copy our values beside their names for them, paste theirs. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { type Field, fieldView } from './form.ts'
import { copyable } from './parts.ts'
import { table } from './table.ts'

export type Step = 'pick' | 'copy' | 'connect'

/** Where one is among the steps; those that are not for this provider are left out. */
export function stepsView(
  current: Step,
  lang: ConsoleLanguage,
  steps: readonly Step[] = ['pick', 'copy', 'connect'],
): Html {
  const { addSource: words } = consoleWords(lang)
  return html`<ol class="way" aria-label="${words.way}">${steps.map((step, index) => html`<li${step === current && html` aria-current="step"`}>${index + 1}. ${words.steps[step]}</li>`)}</ol>`
}

interface Pick {
  readonly providers: readonly { readonly key: string; readonly name: string; readonly href: string }[]
  readonly lang: ConsoleLanguage
}

export function pickView({ providers, lang }: Pick): Html {
  const { addSource: words } = consoleWords(lang)
  const card = ({ key, name, href }: Pick['providers'][number]) => {
    const said = words.providers[key]
    return html`<li><a class="card" href="${href}"><strong>${said?.name ?? name}</strong><small>${said?.what}</small></a></li>`
  }
  return html`${stepsView('pick', lang)}<ul class="cards">${providers.map(card)}</ul>`
}

interface Copy {
  readonly action: string
  /** Where the next step is. */
  readonly next: string
  readonly alias: string
  readonly name: string
  /** What is wrong with the alias. */
  readonly wrong: string | undefined
  readonly way: string | undefined
  /** Ours, beside their names for them. */
  readonly values: readonly { readonly field: string; readonly value: string; readonly isOurs: boolean }[]
  readonly lang: ConsoleLanguage
}

export function copyView({ action, next, alias, name, wrong, way, values, lang }: Copy): Html {
  const { addSource: words, fields } = consoleWords(lang)
  const field = (id: string, kind: Field['kind'] = 'text') => ({
    name: id,
    kind,
    required: true,
    label: id,
    ...fields.sources[id],
  })
  const form = { values: { alias, name }, saved: undefined, lang }
  return html`${stepsView('copy', lang)}
<form class="form" method="get" action="${action}">
<div class="group">${fieldView(field('name'), form, [])}${fieldView(field('alias'), form, wrong === undefined ? [] : [{ path: 'alias', message: wrong }])}</div>
<div class="buttons"><button class="button plain">${words.addresses}</button></div>
${way !== undefined && html`<p><span class="muted">${words.theirWay}:</span> ${way}</p>`}
${table({
  caption: words.ourValue,
  rows: values,
  empty: html``,
  columns: [
    { title: words.theirField, header: true, cell: (row) => row.field },
    {
      title: words.ourValue,
      cell: (row) =>
        row.isOurs
          ? copyable(`value-${values.indexOf(row)}`, row.value, row.field, lang)
          : html`${row.value}<small>${words.alsoSet}</small>`,
    },
  ],
})}
<div class="buttons"><button class="button primary" formaction="${next}">${words.next}</button></div>
</form>`
}

/** Whether somebody would pass at an API: the two forms that ask, and the answer with its steps. */
import { type Html, html } from '../html.ts'
import { cross, dot, tick } from '../icons.ts'
import { hiddenFields } from '../parts.ts'
import { type ConsoleLanguage, type ConsoleWords, consoleWords } from '../words/console.ts'
import { type Field, fieldView, type Values } from './form.ts'
import { descriptions, notice, said, section } from './parts.ts'

type StepName = keyof ConsoleWords['apis']['access']['steps']

export interface Tried {
  readonly who: string
  readonly passes: boolean
  /** It passes whatever is wrong. */
  readonly isReported: boolean
  readonly status: number | undefined
  readonly reason: Reason | undefined
  readonly isLimited: boolean
  readonly steps: readonly {
    readonly about: StepName
    readonly which: string | undefined
    readonly outcome: 'passes' | 'refused' | 'open'
    readonly reason: Reason | undefined
    readonly detail: string | undefined
  }[]
  readonly caller:
    | (Readonly<Record<'user' | 'subject' | 'client' | 'source', string | undefined>> &
        Readonly<Record<'groups' | 'roles' | 'scopes', readonly string[]>>)
    | undefined
}

interface Reason {
  readonly code: string
  readonly title: string
  readonly cause: string
  readonly fix: string
}

/** Several have the name that was typed. */
interface Choice {
  readonly title: string
  readonly options: readonly { readonly href: string; readonly name: string; readonly detail: string }[]
}

export interface AccessPage {
  readonly lang: ConsoleLanguage
  readonly action: string
  readonly csrf: string
  readonly api: string
  readonly parties: readonly Field[]
  readonly token: readonly Field[]
  readonly values: Values
  /** By the names of the fields. */
  readonly wrong: Readonly<Record<string, string>>
  readonly choices: readonly Choice[]
  readonly tried: Tried | undefined
}

export function accessView(page: AccessPage): Html {
  const { action, csrf, parties, token, choices, tried, lang } = page
  const { access: words } = consoleWords(lang).apis
  const fields = (some: readonly Field[]) =>
    some.map((field) =>
      fieldView(
        field,
        page,
        page.wrong[field.name] === undefined ? [] : [{ path: field.name, message: page.wrong[field.name] ?? '' }],
      ),
    )
  return html`${tried && answer(tried, page)}
${choices.map(({ title, options }) => section(title, html`<ul class="bullets">${options.map(({ href, name, detail }) => html`<li><a class="line" href="${href}">${said(name)}</a> <span class="muted">${detail}</span></li>`)}</ul>`))}
${section(words.asParties, html`<form class="form" method="get" action="${action}">${fields(parties)}<div class="buttons"><button class="button primary">${words.submit}</button></div></form>`)}
${section(words.asToken, html`<form class="form" method="post" action="${action}" autocomplete="off">${hiddenFields({ csrf })}${fields(token)}<div class="buttons"><button class="button plain">${words.submit}</button></div></form>`)}`
}

function answer(tried: Tried, { api, lang }: AccessPage): Html {
  const { access: words } = consoleWords(lang).apis
  const { passes, isReported, reason, status, isLimited, steps, caller, who } = tried
  const verdict = passes
    ? notice('good', html`<p><strong>${words.passes(who, api)}</strong></p>`, 'status')
    : notice(
        'danger',
        html`<p><strong>${words.refused(who, api)}</strong> ${reason?.title}</p>${isReported && html`<p>${words.reported}</p>`}`,
        'status',
      )
  return html`${verdict}
${
  reason &&
  descriptions([
    [words.status, html`${status} <code>${reason.code}</code>`],
    [words.why, reason.cause],
    [words.todo, reason.fix],
  ])
}
${section(words.step, html`<ol class="trial">${steps.map((step) => stepView(step, lang))}</ol>${isLimited && html`<p class="muted">${words.limited}</p>`}`)}
${
  caller &&
  section(
    words.caller,
    descriptions([
      ...(['user', 'subject', 'client', 'source'] as const).map(
        (name) => [words.facts[name], caller[name] ? said(caller[name]) : undefined] as const,
      ),
      ...(['groups', 'roles', 'scopes'] as const).map(
        (name) =>
          [
            words.facts[name],
            caller[name].length === 0 ? consoleWords(lang).kit.none : said(caller[name].join(', ')),
          ] as const,
      ),
    ]),
  )
}`
}

function stepView({ about, which, outcome, reason, detail }: Tried['steps'][number], lang: ConsoleLanguage): Html {
  const { access: words } = consoleWords(lang).apis
  const shape = {
    passes: html`<span class="success">${tick}</span>`,
    refused: html`<span class="danger">${cross}</span>`,
    open: html`<span class="muted">${dot}</span>`,
  }
  return html`<li class="${outcome}">${shape[outcome]}<div><p>${words.steps[about]}${which !== undefined && html` <code>${which}</code>`} <span class="muted">– ${words.outcomes[outcome]}</span></p>${reason && html`<p><strong>${reason.title}</strong> <code>${reason.code}</code></p><p>${reason.cause}</p>${detail !== undefined && html`<p>${said(detail)}</p>`}<p>${words.todo}: ${reason.fix}</p>`}</div></li>`
}

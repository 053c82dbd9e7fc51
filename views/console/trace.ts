/** One trace: the verdict with what to do about it, then what happened, step by step. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { dangerZone, descriptions, nothing, said, section, state } from './parts.ts'
import { exactly, type Moment } from './time.ts'
import { stepView } from './trace-step.ts'
import { type OutcomeName, type Party, partyLink, toneOf } from './traces.ts'

export interface Step {
  /** Milliseconds since the trace began. */
  readonly offset: number
  readonly what: string
  readonly detail: Readonly<Record<string, unknown>>
  /** Of its reason, if it has one. */
  readonly reasonTitle: string | undefined
}

export interface TracePage extends Moment {
  readonly reference: string
  readonly outcome: OutcomeName
  readonly reason:
    | { readonly code: string; readonly title: string; readonly cause: string; readonly fix: string }
    | undefined
  readonly startedAt: number
  readonly endedAt: number | null
  readonly person: Party | undefined
  readonly client: Party | undefined
  readonly source: Party | undefined
  readonly api: Party | undefined
  readonly steps: readonly Step[]
  /** Other traces of the same. */
  readonly related: readonly { readonly text: string; readonly href: string }[]
  readonly text: string
  /** `undefined`: there is nobody to forget, or this administrator may not. */
  readonly erase: string | undefined
}

export function traceView(page: TracePage): Html {
  const { traces: words } = consoleWords(page.lang)
  return html`${verdict(page)}
${section(words.steps, timeline(page))}
${section(words.about, about(page))}
${section(words.copy, asText(page))}
${
  page.erase !== undefined &&
  dangerZone(
    [
      {
        ...{ title: words.erase, body: words.eraseShort },
        action: html`<a class="button danger" href="${page.erase}">${words.erase}</a>`,
      },
    ],
    page.lang,
  )
}`
}

function verdict({ outcome, reason, lang }: TracePage): Html {
  const { traces: words } = consoleWords(lang)
  const tone = toneOf(outcome)
  return html`<section class="finding ${tone}"><h2>${state(tone, words.verdicts[outcome])}</h2>${
    reason &&
    html`<p class="finding-reason">${reason.title}</p>${descriptions([
      [words.cause, reason.cause],
      [words.fix, reason.fix],
      [words.code, html`<code>${reason.code}</code>`],
    ])}`
  }</section>`
}

const timeline = ({ steps, lang }: TracePage): Html =>
  steps.length === 0
    ? html`<p class="muted">${consoleWords(lang).traces.noSteps}</p>`
    : html`<ol class="steps timeline">${steps.map((step) => stepView(step, lang))}</ol>`

function about({ startedAt, endedAt, person, client, source, api, related, ...moment }: TracePage): Html {
  const { traces: words } = consoleWords(moment.lang)
  return html`${descriptions([
    [words.began, exactly(startedAt, moment)],
    [words.ended, endedAt === null ? words.notYet : exactly(endedAt, moment)],
    [words.user, partyLink(person) ?? nothing],
    [words.client, partyLink(client) ?? nothing],
    [words.source, partyLink(source)],
    [words.api, partyLink(api)],
  ])}${related.length > 0 && html`<h3>${words.narrow}</h3><ul class="links">${related.map(({ text, href }) => html`<li><a href="${href}">${text}</a></li>`)}</ul>`}`
}

function asText({ text, lang }: { readonly text: string; readonly lang: ConsoleLanguage }): Html {
  const { traces: words, kit } = consoleWords(lang)
  return html`<p class="muted">${words.copyLead}</p><details><summary>${words.text}</summary><pre class="json" id="trace-text" tabindex="0">${said(text)}</pre></details>
<p><button type="button" class="button plain" data-copy="trace-text" data-copied="${kit.copied}" aria-label="${kit.copyLabel(words.text)}" hidden>${kit.copy}</button></p>`
}

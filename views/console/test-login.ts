/** A test login as the administrator sees it: the link to open, and how it went. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { droppedRow, type PreviewResult } from './mapping.ts'
import { copyable, descriptions, json, linkButton, notice, said, section, state } from './parts.ts'
import { table } from './table.ts'
import { exactly, type Moment } from './time.ts'

export interface Started extends Moment {
  readonly link: string
  readonly report: string
  readonly expiresAt: number
}

/** `apart`: on a page that is not to be left, such as a form. */
export function startedView({ link, report, expiresAt, lang }: Started, apart = false): Html {
  const { sources: words } = consoleWords(lang)
  return html`<p>${words.testLoginLink}</p>
<p>${copyable('test-login-link', link, words.testLogin, lang)}</p>
${descriptions([[words.testExpires, exactly(expiresAt, { lang })]])}
<div class="actions"><a class="button primary" id="test-login-open" href="${link}" target="_blank" rel="noreferrer">${words.testLoginOpen}</a>${apart ? html`<a class="button plain" href="${report}" target="_blank">${words.testLoginReport}</a>` : linkButton(report, words.testLoginReport)}</div>${apart && html`<span hidden data-focus="test-login-open"></span>`}`
}

export interface TestReport extends Moment {
  readonly state: 'waiting' | 'opened' | 'succeeded' | 'refused' | 'could_not_tell'
  readonly reason: { readonly code: string; readonly cause: string; readonly fix: string } | undefined
  readonly steps: readonly { readonly at: number; readonly what: string; readonly detail?: unknown }[]
  readonly result:
    | {
        readonly received: unknown
        readonly mapped: unknown
        readonly dropped: PreviewResult['dropped']
        readonly tokens: { readonly access_token: object; readonly id_token: object } | null
        readonly apis: readonly {
          readonly name: string
          readonly allowed: boolean
          readonly because: readonly string[]
        }[]
      }
    | undefined
  /** For whom the tokens would be. */
  readonly clientId: string | null
  readonly again: string
}

const tones = { waiting: 'off', opened: 'off', succeeded: 'good', refused: 'bad', could_not_tell: 'warning' } as const

export function reportView(page: TestReport): Html {
  const { sources: words } = consoleWords(page.lang)
  const isOver = page.state !== 'waiting' && page.state !== 'opened'
  const { reason } = page
  return html`<div class="verdict">${state(tones[page.state], words.testStates[page.state])}</div>
${
  reason &&
  notice(
    'danger',
    html`${descriptions([
      [words.testReason, html`${reason.cause} <code>${reason.code}</code>`],
      [words.testFix, reason.fix],
    ])}`,
  )
}
${!isOver && html`<p>${linkButton(page.again, words.reload)}</p>`}
${steps(page)}${page.result && outcome(page.result, page)}
<p class="muted">${words.testOver}</p>`
}

function steps({ steps, lang }: TestReport): Html | undefined {
  if (steps.length === 0) return undefined
  const { sources: words } = consoleWords(lang)
  return section(
    words.testSteps,
    html`<ol class="steps">${steps.map(({ at, what, detail }) => html`<li>${words.steps[what] ?? what} <small class="muted">${exactly(at, { lang })}</small>${detail !== undefined && html`<details><summary>${words.detail}</summary>${json(detail)}</details>`}</li>`)}</ol>`,
  )
}

function outcome(
  { received, mapped, dropped, tokens, apis }: NonNullable<TestReport['result']>,
  { lang, clientId }: TestReport,
): Html {
  const { sources: words } = consoleWords(lang)
  return html`<div class="sides">${section(words.testReceived, json(received))}${section(words.testMapped, json(mapped))}</div>
${dropped.length > 0 && section(words.testDropped, html`<dl class="claims">${dropped.map((one) => droppedRow(one, lang))}</dl>`)}
${tokens !== null && section(words.testTokens, html`<p class="muted">${clientId === null ? words.testAnyClient : html`${words.client}: <code>${clientId}</code>`}</p><div class="sides"><div><h3>${words.testAccess}</h3>${json(tokens.access_token)}</div><div><h3>${words.testId}</h3>${json(tokens.id_token)}</div></div>`)}
${
  apis.length > 0 &&
  section(
    words.testApis,
    table({
      caption: words.testApis,
      rows: apis,
      empty: html``,
      columns: [
        { title: words.api, header: true, cell: ({ name }) => said(name) },
        {
          title: words.state,
          cell: ({ allowed }) => (allowed ? state('good', words.testAllowed) : state('bad', words.testDenied)),
        },
        { title: words.testReason, cell: ({ because }) => because.join('; ') },
      ],
    }),
  )
}`
}

/** The keys that tokens are signed with. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { copyable, descriptions, linkButton, nothing, section, state } from './parts.ts'
import { table } from './table.ts'
import { ago, exactly, type Moment } from './time.ts'

export interface KeyRow {
  readonly kid: string
  readonly alg: string
  readonly state: 'next' | 'active' | 'retiring'
  readonly createdAt: number
  readonly activatedAt: number | null
  readonly retiredAt: number | null
  /** `undefined`: this administrator may not. */
  readonly revoke: string | undefined
}

export interface KeysPage extends Moment {
  readonly keys: readonly KeyRow[]
  readonly jwks: string
  /** Seconds. */
  readonly schedule: { readonly active_for: number; readonly published_before: number; readonly retiring_for: number }
  /** When it rotates by itself. */
  readonly due: number | undefined
  /** From when on it can be rotated by hand, for whoever may, where it cannot yet. */
  readonly readyFrom: number | undefined
}

const tones = { next: 'off', active: 'good', retiring: 'warning' } as const

export function keysView(page: KeysPage): Html {
  const { keys: words } = consoleWords(page.lang)
  return html`<p class="muted">${words.usedFor}</p>${table({
    caption: words.title,
    rows: page.keys,
    empty: html``,
    columns: [
      {
        title: words.columns.key,
        header: true,
        cell: ({ kid, alg }) => html`<code>${kid}</code><small>${alg}</small>`,
      },
      { title: words.columns.state, cell: (key) => state(tones[key.state], words.states[key.state]) },
      {
        title: words.columns.published,
        cell: ({ createdAt }) => html`${exactly(createdAt, page)}<small>${ago(createdAt, page)}</small>`,
      },
      { title: words.columns.signs, cell: (key) => signed(key, page) },
      {
        title: words.columns.revoke,
        cell: ({ kid, revoke }) =>
          revoke === undefined
            ? nothing
            : html`<a class="action" href="${revoke}" aria-label="${words.revokeNamed(kid)}">${words.revoke}</a>`,
      },
    ],
  })}${section(words.schedule, schedule(page))}${section(words.jwks, html`<p class="muted">${words.jwksLead}</p>${copyable('jwks', page.jwks, words.jwks, page.lang)} <p>${linkButton(page.jwks, words.open)}</p>`)}`
}

function signed({ activatedAt, retiredAt }: KeyRow, page: Moment): Html {
  const { keys: words } = consoleWords(page.lang)
  if (activatedAt === null) return html`<span class="muted">${words.notYet}</span>`
  const until = retiredAt !== null && html`<br>${words.until} ${exactly(retiredAt, page)}`
  return html`${words.from} ${exactly(activatedAt, page)}${until}`
}

function schedule({ schedule: times, due, readyFrom, ...page }: KeysPage): Html {
  const { keys: words } = consoleWords(page.lang)
  const rotation = due === undefined || due <= page.now ? words.due : html`${ago(due, page)} (${exactly(due, page)})`
  return descriptions([
    [words.nextRotation, rotation],
    [words.byHand, readyFrom === undefined ? undefined : words.rotateFrom(exactly(readyFrom, page))],
    [words.activeFor, duration(times.active_for, page.lang)],
    [words.publishedBefore, duration(times.published_before, page.lang)],
    [words.retiringFor, duration(times.retiring_for, page.lang)],
  ])
}

const day = 86_400

function duration(seconds: number, lang: ConsoleLanguage): string {
  const { keys: words } = consoleWords(lang)
  return seconds >= day ? words.days(Math.round(seconds / day)) : words.hours(Math.max(1, Math.round(seconds / 3600)))
}

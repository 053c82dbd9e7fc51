import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'

const steps = [
  { unit: 'year', ms: 365 * 86_400_000 },
  { unit: 'month', ms: 30 * 86_400_000 },
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
] as const

const locales = { en: 'en-GB', de: 'de-DE' }

/** Such as `3 hours ago` or `in 9 days`. */
function relativeTime(at: number, now: number, lang: ConsoleLanguage): string {
  const distance = at - now
  const step = steps.find(({ ms }) => Math.abs(distance) >= ms)
  if (!step) return consoleWords(lang).kit.justNow
  return new Intl.RelativeTimeFormat(lang, { numeric: 'always' }).format(Math.trunc(distance / step.ms), step.unit)
}

/** To the minute; the script of the console rewrites it for the reader's own zone. */
export const exactTime = (at: number, lang: ConsoleLanguage): string =>
  `${new Intl.DateTimeFormat(locales[lang], { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(at)} UTC`

export interface Moment {
  readonly now: number
  readonly lang: ConsoleLanguage
}

/** How long ago; exactly when, in `datetime` and on hovering. */
export const ago = (at: number, { now, lang }: Moment): Html =>
  html`<time datetime="${new Date(at).toISOString()}" title="${exactTime(at, lang)}">${relativeTime(at, now, lang)}</time>`

/** Exactly when. */
export const exactly = (at: number, { lang }: Pick<Moment, 'lang'>): Html =>
  html`<time datetime="${new Date(at).toISOString()}" data-exact>${exactTime(at, lang)}</time>`

/** What a new installation needs before anybody can sign in to anything, until it has it. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { linkButton, section, state } from './parts.ts'

export interface FirstStep {
  readonly what: 'source' | 'application' | 'api'
  readonly isDone: boolean
  /** `undefined`: this administrator may not. */
  readonly href: string | undefined
}

export function firstSteps(steps: readonly FirstStep[], lang: ConsoleLanguage): Html | undefined {
  if (steps.length === 0) return undefined
  const { overview: words } = consoleWords(lang)
  const next = steps.find(({ isDone }) => !isDone)
  const way = (step: FirstStep) => {
    if (step.isDone) return state('good', words.done)
    const look = step === next ? 'primary' : 'plain'
    return step.href === undefined ? undefined : linkButton(step.href, words.steps[step.what].action, look)
  }
  return section(
    words.begin,
    html`<ol class="steps-ahead">${steps.map((step) => html`<li><div><h3>${words.steps[step.what].title}</h3><p class="muted">${words.steps[step.what].body}</p></div>${way(step)}</li>`)}</ol>`,
    { id: 'begin' },
  )
}

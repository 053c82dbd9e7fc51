import { consoleWords } from '../words/console.ts'
import type { TracePage } from './trace.ts'
import { offsetOf, textOf, whatOf } from './trace-step.ts'

type Told = Omit<TracePage, 'text' | 'related' | 'erase' | 'now'>

/** The whole trace in lines, for a ticket or a mail. */
export function traceText({ reference, outcome, reason, startedAt, endedAt, steps, lang, ...parties }: Told): string {
  const { traces: words } = consoleWords(lang)
  const named = { person: words.user, client: words.client, source: words.source, api: words.api }
  return [
    words.one(reference),
    `${words.outcome}: ${words.outcomes[outcome]}`,
    ...(reason ? [`${words.reason}: ${reason.code} (${reason.title})`, reason.cause, reason.fix] : []),
    `${words.began}: ${new Date(startedAt).toISOString()}`,
    ...(endedAt === null ? [] : [`${words.ended}: ${new Date(endedAt).toISOString()}`]),
    ...(['person', 'client', 'source', 'api'] as const).flatMap((kind) => {
      const party = parties[kind]
      return party ? [`${named[kind]}: ${party.name}`] : []
    }),
    '',
    ...steps.flatMap(({ offset, what, detail }) => [
      `${offsetOf(offset, lang).padStart(9)}  ${whatOf(what, lang)}`,
      ...Object.entries(detail).map(([name, value]) => `${' '.repeat(11)}${name}: ${textOf(value)}`),
    ]),
  ].join('\n')
}

/** The fields of a source's forms: from the schemas that the admin API validates with, the connector's included. */
import type { Field } from '#views/console/form.ts'
import type { ConsoleWords } from '#views/words/console.ts'
import type { ConnectorType } from '../../connector.ts'
import { type Problem, Refusal } from '../../errors.ts'
import { invalidInput, parseInput } from '../../input.ts'
import type { Source } from '../../sources/source.ts'
import { SourceInput } from '../../sources/source-input.ts'
import { fieldsOf } from '../forms.ts'

const ofMapping = 'mapping.'

/** What is said of every source, whatever its type. */
export function generalFields(words: ConsoleWords, names: readonly string[]): readonly Field[] {
  const all = fieldsOf(SourceInput, { words: words.fields.sources })
  return names.flatMap((name) => all.find((field) => field.name === name) ?? [])
}

export const mappingFields = (words: ConsoleWords): readonly Field[] =>
  fieldsOf(SourceInput, { words: words.fields.sources }).filter(({ name }) => name.startsWith(ofMapping))

/** The connector's own settings: first what hardly anybody can do without. `kept`: secrets that there are. */
export function configFields(
  words: ConsoleWords,
  connector: ConnectorType,
  kept: readonly string[] = [],
): { readonly main: readonly Field[]; readonly further: readonly Field[] } {
  const below = (name: string) => `config.${name}`
  const fields = fieldsOf(connector.config, {
    ...{ below: 'config', words: words.fields.sources },
    ...{ secrets: connector.secrets.map(below), kept: kept.map(below) },
  })
  const isMain = (field: Field) => field.required || field.kept || prominent.has(field.name)
  const main = fields.filter(isMain).map((field) => ({ ...field, expected: true }))
  return { main, further: fields.filter((field) => !isMain(field)) }
}

/** Not demanded by the schema, but by most of those over there. */
const prominent: ReadonlySet<string> = new Set(['config.client_secret', 'config.scopes', 'config.password'])

/** As the operations take it. Rejects with every problem at once, those of the connector's settings too. */
export function parseSource(input: unknown, connector: ConnectorType | undefined, before?: Source): SourceInput {
  const given: unknown = typeof input === 'object' && input !== null && 'config' in input ? input.config : {}
  const kept = (before?.secretNames ?? []).map((name) => [name, before?.config[name]])
  const problems = [
    ...problemsOf(() => parseInput(SourceInput, input)),
    ...problemsOf(
      () =>
        connector &&
        parseInput(connector.config, withoutNulls({ ...Object.fromEntries(kept), ...Object(given) }), 'config'),
    ),
  ]
  if (problems.length > 0) throw invalidInput(problems)
  return parseInput(SourceInput, input)
}

const withoutNulls = (config: object) =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null))

function problemsOf(parse: () => unknown): readonly Problem[] {
  try {
    parse()
    return []
  } catch (error) {
    if (error instanceof Refusal && error.code === 'invalid_input') return error.problems
    throw error
  }
}

/**
 * What is wrong with a member of an input, in the reader's words. The one English sentence that the nouns, the connectors
 * and the schemas say is the key, so the admin API and the console say the same, and no codes travel with it.
 * test/views/problem-words.test.ts reads the sources: a sentence without its German fails there.
 */
import type { Language } from '../words.ts'
import { clients } from './problems/clients.ts'
import { connectors } from './problems/connectors.ts'
import { callers, kept } from './problems/kept.ts'
import { provider } from './problems/provider.ts'
import { registry } from './problems/registry.ts'
import { schemas } from './problems/schemas.ts'

/**
 * `{}` in the English stands for any text; `{1}`, `{2}` elsewhere are those texts in their order, `{noun 1}` the name of
 * what kind of thing it is. `plain`: for people, where the English is a program's.
 */
export type ProblemWords = readonly [english: string, german: string, plain?: string]

interface Known {
  readonly pattern: RegExp
  readonly words: ProblemWords
}

const weight = ([english]: ProblemWords): number => english.replaceAll('{}', '').length

/** The most particular first. */
const catalogue: readonly Known[] = [
  ...registry,
  ...clients,
  ...connectors,
  ...kept,
  ...callers,
  ...schemas,
  ...provider,
]
  .toSorted((one, other) => weight(other) - weight(one))
  .map((words) => ({ words, pattern: patternOf(words[0]) }))

function patternOf(english: string): RegExp {
  const literal = english.split('{}').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
  return new RegExp(`^${literal.join('([^]*?)')}$`, 'u')
}

/** Names of kinds in refusals of the stores. */
const nouns: Readonly<Record<string, string>> = {
  'authentication source': 'Anmeldequelle',
  'mapping of': 'Zuordnung von',
  'API key': 'API-Schlüssel',
  account: 'Konto',
  application: 'Anwendung',
  client: 'Client',
  key: 'Schlüssel von',
  portal: 'Portal',
  role: 'Rolle',
  user: 'Person',
}

/** A sentence that nobody knows is shown as it is: it is a program's own, or in the reader's language already. */
export function problemWords(message: string, lang: Language): string {
  for (const { pattern, words } of catalogue) {
    const found = pattern.exec(message)
    if (!found) continue
    const [english, german, plain] = words
    if (lang === 'en' && plain === undefined) return sentence(message, english)
    const template = lang === 'de' ? german : (plain ?? english)
    const text = template.replaceAll(/\{(noun )?(\d)\}/g, (_, noun: string | undefined, place: string) => {
      const value = listed(found[Number(place)] ?? '')
      return noun === undefined ? value : (nouns[value] ?? value)
    })
    return sentence(text, template)
  }
  return message
}

/** Zod writes `"a"|"b"`. */
const listed = (value: string): string =>
  /^"[^"]*"(?:\|"[^"]*")*$/.test(value) ? value.slice(1, -1).split('"|"').join(', ') : value

/** Names keep their own first letter. */
function sentence(text: string, template: string): string {
  const begun = template.startsWith('{') ? text : text.charAt(0).toUpperCase() + text.slice(1)
  return /[.?…]$/.test(begun) ? begun : `${begun}.`
}

/** For the test that compares them with the sources. */
export const knownProblems: readonly string[] = catalogue.map(({ words: [english] }) => english)

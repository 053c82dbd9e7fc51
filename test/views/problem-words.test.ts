/** Every sentence that the nouns, connectors, schemas and stores say of an input is in the console's catalogue, in German. */
import { globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { describe, expect, it } from 'vitest'
import { parseAst } from 'vitest/node'
import { z } from 'zod'
import { parseInput } from '../../src/input.ts'
import { knownProblems, problemWords } from '../../views/words/problems.ts'

interface Node {
  readonly type: string
  readonly [member: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof Object(value).type === 'string'
const under = (node: Node): readonly Node[] =>
  Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)

const nameOf = (node: unknown): string => {
  const { name, value, property, key } = Object(node)
  return String(name ?? value ?? (property || key ? nameOf(property ?? key) : ''))
}

/** Where sentences are said that people read beside a field or above a form. */
const places = 'accounts|apis|applications|clients|connectors|http|keys|mapping|portals|roles|sources|stores/sql'
const files = [
  ...globSync(`src/{${places.replaceAll('|', ',')}}/**/*.ts`),
  ...['src/connector.ts', 'src/collection.ts', 'src/input.ts'],
].filter(
  (file) =>
    !/postgres-(?:dialect|errors)|migrations|second-factors|oidc\/(?:id-token|failures|group)|http\/(?:server|csrf|assets|errors|etag)/.test(
      file,
    ),
)

/** `there is no client {}`: what a program says, with what differs left out. */
function textIn(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node.type !== 'TemplateLiteral') return undefined
  const quasis = node.quasis as readonly { value: { cooked: string } }[]
  return quasis.map(({ value }) => value.cooked).join('{}')
}

const isProse = (text: string): boolean => /[a-zäöü]+ [a-zäöü{]/i.test(text)

/** All texts in it that are sentences; what a call within it is given is none of it. */
function sentences(node: unknown): readonly string[] {
  if (!isNode(node)) return []
  const text = textIn(node)
  if (text !== undefined) return isProse(text) ? [text] : []
  return node.type === 'ConditionalExpression' || node.type === 'LogicalExpression'
    ? under(node).flatMap(sentences)
    : []
}

/** Refusals of these codes are told in a form's own words, or on a page of their own with the reason's. */
const told = ['invalid_input', 'conflict', 'in_use', 'changed_meanwhile', 'signing_key_too_new']

function saidIn(node: Node, inProblem = false): readonly string[] {
  const isProblem =
    inProblem ||
    (/Declaration|Declarator|Function/.test(node.type) &&
      /[pP]roblem|ambiguity|wildcards|parseJsonPath|refuseUnless|about/.test(nameOf(node.id)))
  const own: (readonly string[])[] = []
  if (node.type === 'Property' && nameOf(node.key) === 'message') own.push(sentences(node.value))
  if (node.type === 'VariableDeclarator' && nameOf(node.id) === 'message') own.push(sentences(node.init))
  if (node.type === 'CallExpression' && /^(refine|regex|problem)$/.test(nameOf(node.callee)))
    own.push(...(node.arguments as readonly Node[]).slice(1).map(sentences))
  if (node.type === 'NewExpression' && nameOf(node.callee) === 'Refusal') {
    const [code, message] = node.arguments as readonly Node[]
    if (code && told.includes(String(textIn(code)))) own.push(sentences(message))
  }
  if (isProblem && /Literal/.test(node.type)) own.push(sentences(node))
  return [...own.flat(), ...under(node).flatMap((inner) => saidIn(inner, isProblem))]
}

describe('what is said of an input', () => {
  const said = new Map(
    files.flatMap((file) =>
      saidIn(parseAst(stripTypeScriptTypes(readFileSync(file, 'utf8'))) as unknown as Node).map((text) => [text, file]),
    ),
  )

  /** Of features that no client can have here. */
  const foreign = /pairwise|response_modes|proof of possession|response_types|tls_client_auth|implicit/

  it('has German for what the provider says of a client', () => {
    const source = readFileSync('node_modules/oidc-provider/lib/helpers/client_schema.js', 'utf8')
    const told = [...source.matchAll(/invalidate\((?:isAry\s*\?\s*)?[`'](.+?)[`'][,)\n]/g)].map(([, text = '']) => text)
    const sentences = told.filter((text) => !foreign.test(text)).map((text) => text.replaceAll(/\$\{.*?\}(?!\))/g, 'x'))
    expect(sentences.length).toBeGreaterThan(20)
    expect(sentences.filter((text) => problemWords(text, 'de') === text)).toEqual([])
  })

  it('has its German in the catalogue, word for word', () => {
    expect(said.size).toBeGreaterThan(80)
    const missing = [...said].filter(([text]) => !knownProblems.includes(text))
    expect(missing.map(([text, file]) => `${file}: ${text}`)).toEqual([])
  })

  it('is another sentence in German than in English', () => {
    const same = knownProblems
      .map((english) => english.replaceAll('{}', '7'))
      .filter((message) => problemWords(message, 'de') === problemWords(message, 'en'))
    expect(same).toEqual([])
  })
})

describe('what zod says of a value', () => {
  const cases: readonly (readonly [z.ZodType, unknown])[] = [
    ...[undefined, null, 7, [], {}].map((value) => [z.string(), value] as const),
    ...['x', true, Number.NaN, 1.5].map((value) => [z.int().min(3).max(9), value] as const),
    ...[1, 12].map((value) => [z.int().min(3).max(9), value] as const),
    ...['', 'ab', 'abcdef'].map((value) => [z.string().min(3).max(5), value] as const),
    ...['', 'a'].map((value) => [z.string().min(1).max(0), value] as const),
    ...[[], [1], [1, 2, 3, 4]].map((value) => [z.array(z.number()).min(2).max(3), value] as const),
    ...[7, 'no'].map((value) => [z.boolean(), value] as const),
    ...['x', []].map((value) => [z.record(z.string(), z.string()), value] as const),
    [z.strictObject({ a: z.string() }), { b: 1 }],
    [z.enum(['a', 'b']), 'c'],
    [z.literal('a'), 'b'],
    [z.union([z.string(), z.strictObject({ a: z.number() })]), 7],
    [z.union([z.literal('*'), z.array(z.string())]), { a: 1 }],
    [z.url(), 'x'],
    [z.iso.datetime(), 'x'],
    [z.iso.date(), 'x'],
    [z.string().regex(/x/), 'y'],
    [z.record(z.string().min(2), z.string()), { a: 'b' }],
    [z.array(z.string()), [7]],
    [z.email(), 'x'],
    [z.uuid(), 'x'],
  ]

  it('is said in plain words in both languages, and never as zod says it', () => {
    for (const [schema, value] of cases) {
      const given = problems(schema, value)
      expect(given.length, JSON.stringify(value)).toBeGreaterThan(0)
      for (const message of given) {
        expect(problemWords(message, 'de'), message).not.toMatch(/Invalid|expected|Too (?:big|small)|\bmust\b/)
        expect(problemWords(message, 'en'), message).not.toMatch(/Invalid|expected|Too (?:big|small)/)
      }
    }
  })

  it('keeps what the limit is', () => {
    expect(problemWords('Too small: expected string to have >=12 characters', 'de')).toBe(
      'Braucht mindestens 12 Zeichen.',
    )
    expect(problemWords('Too big: expected number to be <=9', 'en')).toBe('May be at most 9.')
    expect(problemWords('is used by the API Patient API', 'de')).toBe('Wird gebraucht: API Patient API.')
    expect(problemWords('x is no authority (CA:TRUE is missing)', 'de')).toBe(
      'x ist keine Zertifizierungsstelle (CA:TRUE fehlt).',
    )
  })
})

function problems(schema: z.ZodType, value: unknown): readonly string[] {
  try {
    parseInput(schema, value)
    return []
  } catch (error) {
    return (error as { problems: readonly { message: string }[] }).problems.map(({ message }) => message)
  }
}

/**
 * Between forms and the schemas that the admin API validates with: fields from a schema, an input from what was sent, and
 * what a form shows of an input. Names of controls are the schema's own paths, so that its problems find their field.
 */
import { z } from 'zod'
import type { Field, FieldKind, Values } from '#views/console/form.ts'
import { rowCount } from '#views/console/form-rows.ts'
import type { Entered } from './page.ts'

/** What the words say of a field; a name that they do not know is called by itself. */
export type FieldWords = Readonly<
  Record<string, { readonly label: string; readonly help?: string; readonly placeholder?: string } | undefined>
>

interface Wishes {
  /** Before every name: `config`. */
  readonly below?: string
  readonly words: FieldWords
  /** Names whose values are never shown: of those in `kept` there is a value. */
  readonly secrets?: readonly string[]
  readonly kept?: readonly string[]
  /** What else than the schema's own words its values are called. */
  readonly options?: Readonly<Record<string, readonly { readonly value: string; readonly text: string }[]>>
}

interface Json {
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly items?: Json
  readonly anyOf?: readonly Json[]
  readonly default?: unknown
  readonly description?: string
  readonly maxLength?: number
}

/** Of every member of the schema, in its order; members of members too, so `groups.claim` is a field. */
export function fieldsOf(schema: z.ZodType, wishes: Wishes): readonly Field[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Json
  return membersOf(json, wishes.below ?? '', wishes)
}

function membersOf(json: Json, below: string, wishes: Wishes): readonly Field[] {
  return Object.entries(json.properties ?? {}).flatMap(([member, given]) => {
    const name = below === '' ? member : `${below}.${member}`
    const own = withoutNull(given)
    if (isRecord(own) && !wishes.secrets?.includes(name)) return membersOf(own, name, wishes)
    return [fieldOf(name, own, json.required?.includes(member) ?? false, wishes)]
  })
}

/** Whether each of its members is a field; what has lists of anything in it is written as JSON. */
const isRecord = ({ type, properties }: Json): boolean =>
  type === 'object' && properties !== undefined && !Object.values(properties).some((member) => isLoose(member.items))

const isLoose = (item: Json | undefined): boolean => item?.type === 'object' && item.additionalProperties !== false

function fieldOf(name: string, json: Json, required: boolean, { words, secrets, kept, options }: Wishes): Field {
  const kind = secrets?.includes(name) ? 'secret' : kindOf(json)
  const named = words[name]
  const help = named ? named.help : json.description
  const values = kind === 'choices' ? json.items?.enum : json.enum
  const isKept = kept?.includes(name) ?? false
  return {
    ...{ name, kind, label: named?.label ?? humanised(name) },
    ...(help !== undefined && { help }),
    ...(named?.placeholder !== undefined && { placeholder: named.placeholder }),
    required: required && !isKept,
    ...((options?.[name] ?? values) && {
      options: options?.[name] ?? (values ?? []).map((value) => ({ value: String(value), text: String(value) })),
    }),
    ...(kind === 'rows' && {
      columns: Object.keys(json.items?.properties ?? {}).map((column) => ({
        name: column,
        label: words[`${name}.${column}`]?.label ?? humanised(column),
      })),
    }),
    ...(kind === 'secret' && { kept: isKept }),
    ...(json.default !== undefined && { initial: json.default }),
  }
}

function kindOf(json: Json): FieldKind {
  if (json.enum) return 'choice'
  switch (json.type) {
    case 'boolean':
      return 'check'
    case 'integer':
    case 'number':
      return 'number'
    case 'array':
      if (json.items?.enum) return 'choices'
      if (isLoose(json.items)) return 'json'
      if ((json.items?.maxLength ?? 0) >= 10_000) return 'blocks'
      return json.items?.type === 'object' ? 'rows' : 'lines'
    case 'object':
      return (json.additionalProperties as Json | undefined)?.type === 'string' ? 'pairs' : 'json'
    default:
      if (json.format === 'uri') return 'url'
      return (json.maxLength ?? 0) >= 1000 ? 'long' : 'text'
  }
}

function withoutNull(json: Json): Json {
  const forms = json.anyOf?.filter(({ type }) => type !== 'null')
  return forms?.length === 1 ? { ...json, ...forms[0] } : json
}

const humanised = (name: string): string => {
  const words = (name.split('.').at(-1) ?? name).replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What the form says, by the schema's paths. What is left empty is not said, so the schema's defaults apply. */
export function inputFrom(fields: readonly Field[], form: URLSearchParams): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const field of fields) {
    const value = valueFrom(field, form)
    if (value !== undefined) put(input, field.name.split('.'), value)
  }
  return input
}

function valueFrom({ name, kind, columns = [] }: Field, form: URLSearchParams): unknown {
  const text = (form.get(name) ?? '').replaceAll('\r\n', '\n')
  const lines = text.split('\n').map((line) => line.trim())
  switch (kind) {
    case 'check':
      return form.get(name) === 'on'
    case 'choices':
      return form.getAll(name)
    case 'lines':
      return text.trim() === '' ? undefined : lines.filter((line) => line !== '')
    case 'pairs':
      return text.trim() === '' ? undefined : Object.fromEntries(lines.filter((line) => line !== '').map(pairFrom))
    case 'rows':
      return Array.from({ length: rowCount(name, Object.fromEntries(form)) }, (_, row) =>
        Object.fromEntries(
          columns.flatMap((column) => {
            const cell = form.get(`${name}.${row}.${column.name}`)?.trim() ?? ''
            return cell === '' ? [] : [[column.name, cell]]
          }),
        ),
      ).filter((row) => Object.keys(row).length > 0)
    case 'secret':
      if (form.get(`${name}:remove`) === 'on') return null
      return text === '' ? undefined : jsonOr(text)
    case 'json':
      return text.trim() === '' ? undefined : jsonOr(text)
    case 'number':
      // What is no number is left for the schema to say so.
      return text.trim() === '' ? undefined : Number.isNaN(Number(text)) ? text : Number(text)
    case 'blocks':
      return text.trim() === '' ? undefined : blocksIn(text)
    case 'long':
      return text.trim() === '' ? undefined : text
    default:
      return text.trim() === '' ? undefined : text.trim()
  }
}

/** Each from its BEGIN to its END (RFC 7468); what has none is one block, for the schema to refuse. */
const blocksIn = (text: string): readonly string[] =>
  text.match(/-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----/g) ?? [text]

function pairFrom(line: string): readonly [string, string] {
  const at = line.indexOf('=')
  return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}

function jsonOr(text: string): unknown {
  if (!text.trim().startsWith('{')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text // For the schema to refuse, with the field's own words.
  }
}

function put(into: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    into[first] = value
    return
  }
  const inner = (into[first] ?? {}) as Record<string, unknown>
  into[first] = inner
  put(inner, rest, value)
}

/** What the schema would take if nothing were said: for a form of something new. */
export function defaultsOf(fields: readonly Field[]): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const { name, initial } of fields) if (initial !== undefined) put(input, name.split('.'), initial)
  return input
}

/** What the form shows of an input: secrets never. */
export function valuesOf(fields: readonly Field[], input: unknown): Values {
  return Object.fromEntries(fields.flatMap((field) => shown(field, at(input, field.name.split('.')))))
}

function shown({ name, kind, columns = [] }: Field, value: unknown): readonly (readonly [string, string])[] {
  if (value === undefined || value === null || kind === 'secret') return [[name, '']]
  switch (kind) {
    case 'check':
      return [[name, value === true ? 'on' : '']]
    case 'choices':
    case 'blocks':
    case 'lines':
      return [[name, (value as readonly unknown[]).join('\n')]]
    case 'pairs':
      return [
        [
          name,
          Object.entries(value)
            .map(([key, entry]) => `${key} = ${entry}`)
            .join('\n'),
        ],
      ]
    case 'rows':
      return (value as readonly unknown[]).flatMap((row, index) =>
        columns.map((column) => [`${name}.${index}.${column.name}`, String(at(row, [column.name]) ?? '')] as const),
      )
    case 'json':
      return [[name, JSON.stringify(value, null, 2)]]
    default:
      return [[name, String(value)]]
  }
}

function at(value: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return value
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, first)) return undefined
  return at((value as Record<string, unknown>)[first], rest)
}

/** What was sent, as it was: to be shown again. */
export function valuesSent(form: URLSearchParams): Values {
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => [name, form.getAll(name).join('\n').replaceAll('\r\n', '\n')]),
  )
}

/** What a form shows: what was sent, or what is kept; and where somebody else saved meanwhile, both. */
export function shownValues(fields: readonly Field[], stored: unknown, { form, problems, message, changed }: Entered) {
  const kept = valuesOf(fields, stored)
  return {
    values: form ? valuesSent(form) : kept,
    saved: changed ? kept : undefined,
    problems,
    message,
  }
}

/** The version that the form was made for; 0, which nothing has, when it does not say. */
export const versionIn = (form: URLSearchParams): number => {
  const version = Number(form.get('version'))
  return Number.isSafeInteger(version) ? version : 0
}

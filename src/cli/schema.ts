/** The format of files as JSON Schema, for editors. What refers to what is seen by `gatehouse validate` and `apply`. */
import { z } from 'zod'
import type { SourceTypes } from './desired.ts'
import { entrySchemas, type KindName, kindNames } from './format.ts'

type JsonSchema = z.core.JSONSchema.JSONSchema

const secret: JsonSchema = {
  description: 'env:NAME or file:PATH; omitted: as it is, or none.',
  anyOf: [{ type: 'string' }, { type: 'object' }, { type: 'null' }],
}

export function registrySchema(sourceTypes: SourceTypes): JsonSchema {
  const sections = kindNames.map((kind) => [kind, { type: 'array', items: entry(kind, sourceTypes) }])
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The registry of Gatehouse as a file',
    type: 'object',
    properties: { $schema: { type: 'string' }, ...Object.fromEntries(sections) },
    additionalProperties: false,
  }
}

const ownRules: { readonly [Name in KindName]?: { readonly required?: string; readonly secret?: string } } = {
  clients: { required: 'client_id', secret: 'client_secret' },
  users: { required: 'username', secret: 'password' },
}

function entry(kind: KindName, sourceTypes: SourceTypes): JsonSchema {
  const schema = converted(entrySchemas[kind])
  const { required, secret: name } = ownRules[kind] ?? {}
  return {
    ...schema,
    properties: { ...schema.properties, ...(name && { [name]: secret }) },
    required: [...(schema.required ?? []), ...(required ? [required] : [])],
    ...(kind === 'authentication-sources' && { anyOf: [...sourceTypes].map(configOf) }),
  }
}

/** The settings of a source follow from its type; its secrets may be omitted. */
function configOf([type, { config, secrets }]: [
  string,
  { config: z.ZodType; secrets: readonly string[] },
]): JsonSchema {
  const schema = converted(config)
  const properties = { ...schema.properties, ...Object.fromEntries(secrets.map((name) => [name, secret])) }
  const required = (schema.required ?? []).filter((name) => !secrets.includes(name))
  const settings = { ...schema, properties, required }
  return { properties: { type: { const: type }, config: settings } }
}

function converted(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest
}

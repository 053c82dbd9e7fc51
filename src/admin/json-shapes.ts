import { z } from 'zod'

type Json = Record<string, unknown>

/** Of what callers may say. */
export const inputSchema = (schema: z.ZodType): Json => converted(schema)

/** Of what they are answered: every member that is not optional is there, whatever an input may omit. */
export const answerSchema = (schema: z.ZodType): Json =>
  converted(schema, ({ zodSchema, jsonSchema }) => {
    const { def } = zodSchema._zod
    if (def.type === 'object') {
      const required = Object.entries(def.shape).filter(([, member]) => member._zod.def.type !== 'optional')
      jsonSchema.required = required.map(([name]) => name)
    }
    delete jsonSchema.default
  })

/** Of a merge patch (RFC 7396): any member may be absent, and `null` removes it. What is in lists is said whole. */
export function patchSchema(input: Json): Json {
  const { required: _, default: __, ...rest } = input
  if (!isObject(rest.properties)) return rest
  const members = Object.entries(rest.properties).map(([name, member]) => [name, orNull(patchSchema(Object(member)))])
  return { ...rest, properties: Object.fromEntries(members) }
}

function orNull(schema: Json): Json {
  const { anyOf } = schema
  if (Array.isArray(anyOf))
    return { ...schema, anyOf: [...anyOf.filter((form) => form.type !== 'null').map(patchSchema), { type: 'null' }] }
  const { description, ...rest } = schema
  return { ...(description !== undefined && { description }), anyOf: [rest, { type: 'null' }] }
}

type Override = NonNullable<z.core.JSONSchemaGeneratorParams['override']>

function converted(schema: z.ZodType, override?: Override): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    // What a coercion or a preprocessing takes is more than JSON Schema can say.
    unrepresentable: 'any',
    override(context) {
      override?.(context)
      // The format says it; the pattern says it in four lines.
      if (context.jsonSchema.format !== undefined) delete context.jsonSchema.pattern
    },
  })
  return json
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

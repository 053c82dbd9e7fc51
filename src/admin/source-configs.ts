import type { ConnectorType, SourceType } from '../connector.ts'
import type { Sources } from '../sources/sources.ts'
import { inputSchema, patchSchema } from './json-shapes.ts'
import type { Saying, Writing } from './operation.ts'

type Json = Readonly<Record<string, unknown>>

/** Says in openapi.json what the settings of a source are: they follow from its type, for every type there is. */
export function writeConfigs(types: Sources['types']): Writing {
  return (schema, saying, keep) => {
    const configs = [...types].map(([type, connector]) => {
      const { name, config } = configOf(type, connector, saying)
      return { type, config: keep(name, config), isNeeded: !connector.config.safeParse({}).success }
    })
    const properties = { ...(schema.properties as Json) }
    if (saying === 'patch') {
      // It may go without the type, which never changes.
      const forms = [...configs.map(({ config }) => config), { type: 'null' }]
      return { ...schema, properties: { ...properties, config: { anyOf: forms } } }
    }
    return {
      ...schema,
      properties: { ...properties, type: { type: 'string', enum: [...types.keys()] } },
      oneOf: configs.map(({ type, config, isNeeded }) => ({
        title: type,
        properties: { type: { const: type }, config },
        ...(isNeeded && saying === 'input' && { required: ['config'] }),
      })),
    }
  }
}

function configOf(type: SourceType, { config, secrets }: Pick<ConnectorType, 'config' | 'secrets'>, saying: Saying) {
  const name = `${type[0]?.toUpperCase()}${type.slice(1)}Config`
  const whole = inputSchema(config)
  if (saying === 'patch') return { name: `${name}Patch`, config: patchSchema(whole) }
  if (saying === 'draft') return { name: `${name}Draft`, config: everywhere(whole, { omitted: [], optional: 'all' }) }
  if (saying === 'answer')
    return { name: `${name}Shown`, config: everywhere(whole, { omitted: secrets, optional: secrets }) }
  return { name, config: everywhere(whole, { omitted: [], optional: secrets }) }
}

interface Change {
  readonly omitted: readonly string[]
  readonly optional: readonly string[] | 'all'
}

/** The same in each of the forms that the settings may have. */
function everywhere(schema: Json, change: Change): Json {
  const forms = Object.fromEntries(
    ['anyOf', 'oneOf', 'allOf'].flatMap((name) => {
      const some = schema[name]
      return Array.isArray(some) ? [[name, some.map((form: Json) => everywhere(form, change))]] : []
    }),
  )
  const { properties, required, ...rest } = schema
  if (typeof properties !== 'object' || properties === null) return { ...schema, ...forms }
  const { omitted, optional } = change
  const shown = Object.entries(properties).filter(([name]) => !omitted.includes(name))
  const still = Array.isArray(required) && optional !== 'all' ? required.filter((name) => !optional.includes(name)) : []
  return {
    ...rest,
    ...forms,
    properties: Object.fromEntries(shown),
    ...(still.length > 0 && { required: still }),
  }
}

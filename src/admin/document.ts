import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Right } from '../roles/rights.ts'
import { version } from '../version.ts'
import { answerSchema, inputSchema, patchSchema } from './json-shapes.ts'
import type { BodyOf, Mount, Operation, Shape, Success } from './operation.ts'
import { problem, refusalExamples, refusalResponses } from './refusals.ts'

interface Needs {
  /** All there are; the list may still grow until the first request. */
  readonly operations: readonly Operation[]
  readonly issuer: string
}

/** GET /openapi.json: what is mounted, as OpenAPI 3.1. */
export function mountDocument(mount: Mount, needs: Needs): void {
  let kept: { readonly text: string; readonly tag: string } | undefined

  function written() {
    const text = JSON.stringify(openApi(needs))
    return { text, tag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }
  }

  mount(
    {
      ...{ id: 'getDocument', tag: 'openapi.json', method: 'get', path: '/openapi.json', right: 'view' },
      summary: 'Show this document',
      answer: {
        ...{ status: 200, is: 'OpenAPI 3.1', headers: ['ETag', 'Cache-Control'] },
        shape: { name: 'Document', schema: z.looseObject({ openapi: z.string() }) },
      },
    },
    async (ctx) => {
      kept ??= written()
      ctx.set('Cache-Control', 'private, no-cache')
      ctx.set('ETag', kept.tag)
      ctx.type = 'json'
      const known = ctx.get('If-None-Match').split(',')
      if (known.some((tag) => tag.trim() === kept?.tag)) ctx.status = 304
      else ctx.body = kept.text
    },
  )
}

const scopeFor: Record<Right, readonly string[]> = { view: ['admin:read'], edit: ['admin'], administer: ['admin'] }
const roleFor: Record<Right, string> = {
  view: 'People need the role `viewer`, `editor` or `admin`.',
  edit: 'People need the role `editor` or `admin`; `admin` where it would make somebody an administrator.',
  administer: 'People need the role `admin`.',
}

/** The document, which says of every operation what its mounting says. */
function openApi({ operations, issuer }: Needs): object {
  const schemas = new Map<string, object>([['Problem', problem]])
  const responses = new Map<string, object>()
  const paths = new Map<string, Record<string, object>>()
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    const there = paths.get(path) ?? {}
    paths.set(path, { ...there, [operation.method]: described(operation, schemas, responses) })
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse admin API',
      version,
      summary: 'The registry of an authentication broker as JSON',
      description: 'See docs/admin-api.md. JSON in snake_case; unknown members are refused.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: `${issuer}/admin/api/v1` }],
    security: [{ oauth2: ['admin'] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries([...schemas].sort()),
      responses: Object.fromEntries([...responses].sort()),
      examples: refusalExamples(operations),
      headers,
      parameters,
      securitySchemes: securitySchemes(issuer),
    },
  }
}

function described(operation: Operation, schemas: Map<string, object>, responses: Map<string, object>): object {
  const { id, tag, summary, description, right, body, answer } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [description, roleFor[right]].filter(Boolean).join('\n\n'),
    security: ['oauth2', 'bearer'].map((scheme) => ({ [scheme]: scopeFor[right] })),
    ...parametersOf(operation),
    ...(body && { requestBody: requestBody(body, schemas) }),
    responses: { [answer.status]: success(answer, schemas), ...refusalResponses(operation, responses) },
  }
}

function parametersOf({ parameters: named = {}, query, guarded }: Operation) {
  const inPath = Object.entries(named).map(([name, { is, example }]) => {
    return { name, in: 'path', required: true, description: is, schema: { type: 'string' }, example }
  })
  const { properties = {}, required = [] } = query
    ? (inputSchema(query) as { properties?: Record<string, Record<string, unknown>>; required?: string[] })
    : {}
  const inQuery = Object.entries(properties).map(([name, { description, ...schema }]) => {
    return { name, in: 'query', ...(required.includes(name) && { required: true }), description, schema }
  })
  const all = [...inPath, ...inQuery, ...(guarded ? [{ $ref: '#/components/parameters/If-Match' }] : [])]
  return all.length > 0 ? { parameters: all } : {}
}

function requestBody({ schema, described, patch, optional, example }: BodyOf<z.ZodType>, schemas: Map<string, object>) {
  const said = inputSchema(described?.schema ?? schema)
  const name = patch ? described?.name.replace(/Input$/, 'Patch') : described?.name
  const saying = patch ? 'patch' : 'input'
  const plain = patch ? patchSchema(said) : said
  const whole = described?.written?.(plain, saying, (name, schema) => kept(name, schema, schemas)) ?? plain
  const content = {
    schema: name === undefined ? whole : kept(name, whole, schemas),
    ...(example !== undefined && { example }),
  }
  return {
    required: !optional,
    content: { [patch ? 'application/merge-patch+json' : 'application/json']: content },
  }
}

function success({ is, shape, paged, headers = [] }: Success, schemas: Map<string, object>): object {
  return {
    description: is,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    }),
    ...(shape && { content: { [shape.type ?? 'application/json']: contentOf(shape, paged ?? false, schemas) } }),
  }
}

function contentOf({ name, schema, example, written }: Shape, paged: boolean, schemas: Map<string, object>): object {
  const plain = answerSchema(schema)
  const whole = written?.(plain, 'answer', (name, schema) => kept(name, schema, schemas)) ?? plain
  const one = kept(name, whole, schemas)
  if (!paged) return { schema: one, ...(example !== undefined && { example }) }
  return {
    schema: {
      type: 'object',
      properties: {
        items: { type: 'array', items: one },
        next: { type: ['string', 'null'], description: 'The `after` of the next page; `null`: this is the last one.' },
      },
      required: ['items', 'next'],
      additionalProperties: false,
    },
    ...(example !== undefined && { example: { items: [example], next: null } }),
  }
}

function kept(name: string, schema: object, schemas: Map<string, object>): object {
  schemas.set(name, schema)
  return { $ref: `#/components/schemas/${name}` }
}

const headers = {
  ETag: { description: 'The version, for If-Match.', schema: { type: 'string' } },
  Location: { description: 'Where it is.', schema: { type: 'string', format: 'uri' } },
  'Cache-Control': { description: 'Whether it may be kept.', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds until trying again can help.', schema: { type: 'integer' } },
  'WWW-Authenticate': { description: 'What is wrong with the token (RFC 6750 §3).', schema: { type: 'string' } },
}

const parameters = {
  'If-Match': {
    ...{ name: 'If-Match', in: 'header', schema: { type: 'string' } },
    description:
      'The ETag that was read: 412 if it has changed since. Without it the change applies to whatever is there.',
  },
}

const securitySchemes = (issuer: string) => ({
  oauth2: {
    type: 'oauth2',
    description: 'For programs. A client needs the scope in its registered `scope`.',
    flows: {
      clientCredentials: {
        tokenUrl: `${issuer}/token`,
        scopes: { admin: 'Everything', 'admin:read': 'To look only' },
      },
    },
  },
  bearer: {
    ...{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    description: "An access token whose audience is the issuer's `/admin/api`; for people with a role of `gatehouse`.",
  },
})

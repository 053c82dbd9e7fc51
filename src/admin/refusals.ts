import { z } from 'zod'
import { type ReasonCode, reasons } from '../reasons.ts'
import { exampleReference } from './examples.ts'
import { inputSchema } from './json-shapes.ts'
import type { Operation } from './operation.ts'

export const problem = inputSchema(
  z.strictObject({
    type: z.string().describe('`urn:gatehouse:problem:` and the code.'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('What programs decide by; docs/reasons.md lists them all.'),
    reference: z.string().describe('What the log has it under.'),
    fix: z.string(),
    errors: z
      .array(z.strictObject({ path: z.string().describe('`config.issuer`'), message: z.string() }))
      .optional()
      .describe('Every member that is wrong, or everything that is in the way.'),
  }),
)

/** RFC 6750: whatever is wrong with the token, or with whom it speaks for. */
const unauthenticated: readonly ReasonCode[] = [
  'token_missing',
  'token_malformed',
  'token_algorithm',
  'token_key_unknown',
  'token_signature',
  'token_issuer',
  'token_type',
  'token_expired',
  'token_not_yet_valid',
  'token_revoked',
  'token_audience',
  'account_disabled',
  'account_unknown',
  'client_disabled',
  'source_disabled',
  'source_not_allowed',
  'consent_missing',
]

/** What an operation may be refused with, by status. */
function refusalsOf(operation: Operation): ReadonlyMap<number, readonly ReasonCode[]> {
  const { body, query, guarded, path, refusals = [] } = operation
  const codes: readonly ReasonCode[] = [
    ...(body || query ? (['invalid_input'] as const) : []),
    'insufficient_scope',
    'not_an_administrator',
    ...(path.includes(':') ? (['not_found'] as const) : []),
    ...(guarded ? (['changed_meanwhile'] as const) : []),
    ...(body ? (['too_large', 'unsupported_media_type'] as const) : []),
    ...refusals,
    'temporarily_unavailable',
  ]
  return new Map([[401, unauthenticated], ...Map.groupBy(codes, (code) => reasons[code].status)])
}

/** The answers of an operation that are refusals, as components that share them. */
export function refusalResponses(operation: Operation, components: Map<string, object>): Record<string, object> {
  const answers = [...refusalsOf(operation)].sort(([one], [other]) => one - other)
  return Object.fromEntries(
    answers.map(([status, codes]) => {
      const name = status === 401 ? '401' : [status, ...[...new Set(codes)].sort()].join('-')
      if (!components.has(name)) components.set(name, refusalResponse(status, [...new Set(codes)]))
      return [status, { $ref: `#/components/responses/${name}` }]
    }),
  )
}

function refusalResponse(status: number, codes: readonly ReasonCode[]): object {
  const isWaitedFor = status === 503 || status === 429 || codes.includes('signing_key_too_new')
  const headers = {
    ...(isWaitedFor && { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }),
    ...((status === 401 || codes.includes('insufficient_scope')) && {
      'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' },
    }),
  }
  return {
    description:
      status === 401 ? 'The token is missing or no good' : codes.map((code) => reasons[code].title).join('; '),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }],
          properties: { status: { const: status }, code: { enum: codes } },
        },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  }
}

/** One for every code that any of the operations is refused with. */
export function refusalExamples(operations: readonly Operation[]): Record<string, object> {
  const answers = operations.flatMap((operation) => [...refusalsOf(operation)])
  const examples = answers.flatMap(([status, codes]) => codes.map((code) => [code, exampleOf(code, status)] as const))
  return Object.fromEntries(examples.sort(([one], [other]) => one.localeCompare(other)))
}

function exampleOf(code: ReasonCode, status: number): object {
  const { title, cause, fix } = reasons[code]
  const type = `urn:gatehouse:problem:${code}`
  return { value: { type, title, status, detail: cause, code, reference: exampleReference, fix } }
}

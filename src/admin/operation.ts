import type Router from '@koa/router'
import type { RouterContext } from '@koa/router'
import type { z } from 'zod'
import type { Actor } from '../audit/audit.ts'
import { Refusal } from '../errors.ts'
import { readJson, requireOnce } from '../http/bodies.ts'
import { parseInput } from '../input.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Right } from '../roles/rights.ts'
import type { Authorise } from './authorise.ts'

/** A schema under the name that openapi.json has it by. */
export interface Shape {
  readonly name: string
  readonly schema: z.ZodType
  /** Of the media; JSON when it is not said. */
  readonly type?: string
  readonly example?: unknown
  /** What the schema cannot say of itself, put in before it is shown. */
  readonly written?: Writing
}

/** What a schema is shown for: to say a thing whole, as a draft, or in part, and to be answered with it. */
export type Saying = 'input' | 'draft' | 'patch' | 'answer'

/** @param keep Puts a schema under a name that others may refer to, and answers the reference. */
export type Writing = (
  schema: Readonly<Record<string, unknown>>,
  saying: Saying,
  keep: (name: string, schema: object) => object,
) => object

export interface BodyOf<Schema extends z.ZodType> {
  /** What is parsed before the handler gets it. */
  readonly schema: Schema
  /** As it is documented, where the handler parses it itself. */
  readonly described?: Shape
  /** RFC 7396: what is described may be said in part. */
  readonly patch?: boolean
  /** Without a body it is taken for `{}`. */
  readonly optional?: boolean
  readonly example?: unknown
}

export interface Success {
  readonly status: 200 | 201 | 204
  readonly is: string
  readonly shape?: Shape
  /** A page of the shape. */
  readonly paged?: boolean
  readonly headers?: readonly ('ETag' | 'Location' | 'Cache-Control')[]
}

/** What there is at one address for one method: mounted and documented from the same words. */
export interface Operation<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> {
  readonly id: string
  readonly tag: string
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Below the API's own path, with parameters as `:id`. */
  readonly path: string
  /** Of the path's parameters, by name. */
  readonly parameters?: Readonly<Record<string, { readonly is: string; readonly example: string }>>
  readonly summary: string
  readonly description?: string
  /** The least that it asks of its caller; it may ask for more when it knows what is to be changed. */
  readonly right: Right
  readonly query?: Query
  readonly body?: BodyOf<Body>
  /** A change that heeds If-Match. */
  readonly guarded?: boolean
  readonly answer: Success
  /** Beyond those of every operation, and those that follow from the members above. */
  readonly refusals?: readonly ReasonCode[]
}

export interface Asked<Query, Body> {
  readonly actor: Actor
  readonly query: Query
  readonly body: Body
}

/** The one way to have a route: who may ask, what the query and the body say, and what openapi.json tells of it. */
export type Mount = <Query extends z.ZodType, Body extends z.ZodType>(
  operation: Operation<Query, Body>,
  handle: (ctx: RouterContext, asked: Asked<z.output<Query>, z.output<Body>>) => Promise<void>,
) => void

const patchTypes = ['application/merge-patch+json', 'application/json']

export function createMount(router: Router, authorise: Authorise) {
  const operations: Operation[] = []

  const mount: Mount = (operation, handle) => {
    operations.push(operation)
    router[operation.method](operation.path, async (ctx) => {
      const actor = await authorise(ctx, operation.right)
      const { query, body } = operation
      const asked = {
        actor,
        // Of an operation without a query or a body the handler asks for neither.
        query: query && parseInput(query, Object.fromEntries(requireOnce(new URLSearchParams(ctx.querystring)))),
        body: body && (await read(ctx, body)),
      } as Parameters<typeof handle>[1]
      if (operation.guarded && meansWhatIsThere(ctx)) await inItsTurn(() => handle(ctx, asked))
      else await handle(ctx, asked)
    })
  }
  return { mount, operations: operations as readonly Operation[] }
}

/** A change that names no version. */
const meansWhatIsThere = ({ headers }: RouterContext): boolean => [undefined, '*'].includes(headers['if-match']?.trim())

/** Of so many changes of one thing at once, each is made. */
const mostTurns = 10

/** When somebody else was faster, the change is made to what they left. One that was refused has done nothing. */
async function inItsTurn(change: () => Promise<void>): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await change()
    } catch (error) {
      if (turn === mostTurns || !(error instanceof Refusal && error.code === 'changed_meanwhile')) throw error
    }
  }
}

async function read<Schema extends z.ZodType>(ctx: RouterContext, { schema, patch, optional }: BodyOf<Schema>) {
  const hasBody = ctx.request.length || ctx.get('Transfer-Encoding')
  if (optional && !hasBody) return parseInput(schema, {})
  return readJson(ctx, schema, patch ? { types: patchTypes } : {})
}

import type { RouterContext } from '@koa/router'
import type { z } from 'zod'
import type { Actor } from '../audit/audit.ts'
import type { ListQuery, Page } from '../collection.ts'
import { hasSameTag, requireMatch, setETag } from '../http/etag.ts'
import { invalidInput, parseInput } from '../input.ts'
import type { Right } from '../roles/rights.ts'
import type { Authorise } from './authorise.ts'
import { collectionOperations, type Described, type listParameters } from './collection-operations.ts'
import { isObject, mergePatch } from './merge-patch.ts'
import type { Mount } from './operation.ts'

/** A noun of the registry as the admin API offers it. `T` is what its operations speak of. */
export interface Resource<T, Input extends z.ZodType> {
  readonly path: string
  readonly described: Described
  /** What POST and PUT may say. */
  readonly input: Input
  /** What GET shows and a PUT may repeat without effect. */
  readonly readOnly: readonly string[]
  /** Who may change one at all: what {@link right} never asks less than. */
  readonly leastRight?: Right
  /** Who may change one: what is there now and what it is to become, each if there is such. */
  right(before: T | undefined, next: z.output<Input> | undefined): Right
  list(query: ListQuery): Promise<Page<T>>
  get(id: string): Promise<T>
  create(actor: Actor, input: z.output<Input>): Promise<T>
  replace(actor: Actor, id: string, input: z.output<Input>, expected: number): Promise<T>
  remove(actor: Actor, id: string, expected: number): Promise<void>
  identify(item: T): { readonly id: string; readonly version: number }
  view(item: T): object
  /** Nothing is shown but what its version stands for, so that whoever has that version need not be shown it again. */
  readonly isAllVersioned?: boolean
  /** Members of the view that are looked up: for a whole page at once, in its order. */
  further?(items: readonly T[]): Promise<readonly object[]>
  /** What a PUT would have to say to leave it as it is: a PATCH is merged into it. */
  inputOf(item: T): object
  /** Members that are shown in the answer to the change that made them, and never again. */
  once?(item: T, before: T | undefined): object
  /** For members that {@link inputOf} cannot show. */
  patch?(before: T, patch: unknown): unknown
}

export interface Mounting {
  readonly authorise: Authorise
  /** Absolute address of the collections, for `Location`. */
  readonly base: string
}

/** Routes of one collection: list, POST, GET, PUT, PATCH (RFC 7396) and DELETE, changes guarded by If-Match. */
export function mountCollection<T, Input extends z.ZodType>(
  mount: Mount,
  resource: Resource<T, Input>,
  { authorise, base }: Mounting,
): void {
  const { path, identify } = resource
  const operations = collectionOperations(resource)

  async function views(items: readonly T[]): Promise<readonly object[]> {
    const further = await resource.further?.(items)
    return items.map((item, index) => ({ ...resource.view(item), ...further?.[index] }))
  }

  async function answer(ctx: RouterContext, item: T, once: object = {}) {
    const [view] = await views([item])
    setETag(ctx, identify(item).version)
    ctx.body = { ...view, ...once }
  }

  async function current(ctx: RouterContext): Promise<T> {
    const item = await resource.get(ctx.params.id ?? '')
    requireMatch(ctx, identify(item).version)
    return item
  }

  /** Whoever names another id than the address does means another thing, or another id for this one. */
  function requireSameId(before: T, body: unknown): void {
    const { id } = identify(before)
    if (!resource.readOnly.includes('id') || !isObject(body) || !('id' in body) || body.id === id) return
    throw invalidInput([{ path: 'id', message: `cannot be changed; it is ${id}` }])
  }

  const parse = (body: unknown): z.output<Input> => parseInput(resource.input, without(body, resource.readOnly))

  async function replace(ctx: RouterContext, before: T, body: unknown) {
    const input = parse(body)
    const actor = await authorise(ctx, resource.right(before, input))
    const { id, version } = identify(before)
    const item = await resource.replace(actor, id, input, version)
    await answer(ctx, item, resource.once?.(item, before))
  }

  mount(operations.list, async (ctx, { query }) => {
    const { items, next } = await resource.list(listQuery(query))
    ctx.body = { items: await views(items), next }
  })

  mount(operations.create, async (ctx, { body }) => {
    const input = parse(body)
    const actor = await authorise(ctx, resource.right(undefined, input))
    const item = await resource.create(actor, input)
    ctx.status = 201
    ctx.set('Location', `${base}/${path}/${encodeURIComponent(identify(item).id)}`)
    await answer(ctx, item, resource.once?.(item, undefined))
  })

  mount(operations.get, async (ctx) => {
    await answer(ctx, await resource.get(ctx.params.id ?? ''))
    // RFC 9110 §13.1.2
    if (resource.isAllVersioned && hasSameTag(ctx)) ctx.status = 304
  })

  mount(operations.replace, async (ctx, { body }) => {
    const before = await current(ctx)
    requireSameId(before, body)
    await replace(ctx, before, body)
  })

  mount(operations.patch, async (ctx, { body }) => {
    const before = await current(ctx)
    requireSameId(before, body)
    const patch = without(body, resource.readOnly)
    await replace(ctx, before, resource.patch?.(before, patch) ?? mergePatch(resource.inputOf(before), patch))
  })

  mount(operations.remove, async (ctx) => {
    const before = await current(ctx)
    const actor = await authorise(ctx, resource.right(before, undefined))
    const { id, version } = identify(before)
    await resource.remove(actor, id, version)
    ctx.status = 204
  })
}

const without = (body: unknown, members: readonly string[]): unknown =>
  isObject(body) ? Object.fromEntries(Object.entries(body).filter(([name]) => !members.includes(name))) : body

/** What {@link listParameters} say, in the stores' words. */
export function listQuery({ q, limit, after }: z.output<typeof listParameters>): ListQuery {
  return { limit, ...(after !== undefined && { after }), ...(q && { search: q }) }
}

export const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()

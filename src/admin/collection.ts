import type Router from '@koa/router'
import type { RouterContext } from '@koa/router'
import { z } from 'zod'
import type { Actor } from '../audit/audit.ts'
import type { ListQuery, Page } from '../collection.ts'
import { readJson } from '../http/bodies.ts'
import { requireMatch, setETag } from '../http/etag.ts'
import { parseInput } from '../input.ts'
import type { Authorise, Right } from './authorise.ts'
import { isObject, mergePatch } from './merge-patch.ts'

/** A noun of the registry as the admin API offers it. `T` is what its operations speak of. */
export interface Resource<T, Input extends z.ZodType> {
  readonly path: string
  /** What POST and PUT may say. */
  readonly input: Input
  /** What GET shows and a PUT may repeat without effect. */
  readonly readOnly: readonly string[]
  /** Who may change one: what is there now and what it is to become, each if there is such. */
  right(before: T | undefined, next: z.output<Input> | undefined): Right
  list(query: ListQuery): Promise<Page<T>>
  get(id: string): Promise<T>
  create(actor: Actor, input: z.output<Input>): Promise<T>
  replace(actor: Actor, id: string, input: z.output<Input>, expected: number): Promise<T>
  remove(actor: Actor, id: string, expected: number): Promise<void>
  identify(item: T): { readonly id: string; readonly version: number }
  view(item: T): object
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

const json = z.unknown()
const patchTypes = ['application/merge-patch+json', 'application/json']

/** Routes of one collection: list, POST, GET, PUT, PATCH (RFC 7396) and DELETE, changes guarded by If-Match. */
export function mountCollection<T, Input extends z.ZodType>(
  router: Router,
  resource: Resource<T, Input>,
  { authorise, base }: Mounting,
): void {
  const { path, identify } = resource
  const one = `/${path}/:id`

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

  const parse = (body: unknown): z.output<Input> => parseInput(resource.input, without(body, resource.readOnly))

  async function replace(ctx: RouterContext, before: T, body: unknown) {
    const input = parse(body)
    const actor = await authorise(ctx, resource.right(before, input))
    const { id, version } = identify(before)
    const item = await resource.replace(actor, id, input, version)
    await answer(ctx, item, resource.once?.(item, before))
  }

  router.get(`/${path}`, async (ctx) => {
    await authorise(ctx, 'view')
    const { items, next } = await resource.list(listQuery(ctx.querystring))
    ctx.body = { items: await views(items), next }
  })

  router.post(`/${path}`, async (ctx) => {
    await authorise(ctx, 'edit')
    const input = parse(await readJson(ctx, json))
    const actor = await authorise(ctx, resource.right(undefined, input))
    const item = await resource.create(actor, input)
    ctx.status = 201
    ctx.set('Location', `${base}/${path}/${encodeURIComponent(identify(item).id)}`)
    await answer(ctx, item, resource.once?.(item, undefined))
  })

  router.get(one, async (ctx) => {
    await authorise(ctx, 'view')
    await answer(ctx, await resource.get(ctx.params.id ?? ''))
  })

  router.put(one, async (ctx) => {
    await authorise(ctx, 'edit')
    const body = await readJson(ctx, json)
    await replace(ctx, await current(ctx), body)
  })

  router.patch(one, async (ctx) => {
    await authorise(ctx, 'edit')
    const patch = await readJson(ctx, json, { types: patchTypes })
    const before = await current(ctx)
    const body = without(patch, resource.readOnly)
    await replace(ctx, before, resource.patch?.(before, body) ?? mergePatch(resource.inputOf(before), body))
  })

  router.delete(one, async (ctx) => {
    await authorise(ctx, 'edit')
    const before = await current(ctx)
    const actor = await authorise(ctx, resource.right(before, undefined))
    const { id, version } = identify(before)
    await resource.remove(actor, id, version)
    ctx.status = 204
  })
}

const without = (body: unknown, members: readonly string[]): unknown =>
  isObject(body) ? Object.fromEntries(Object.entries(body).filter(([name]) => !members.includes(name))) : body

/** What the query of every list may say. */
export const listParameters = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.string().max(200).optional(),
  q: z.string().max(200).optional(),
})

/** Of lists that are read in order and not searched. */
export const pageQuery = (query: string): Omit<ListQuery, 'search'> =>
  parseInput(listParameters.omit({ q: true }), Object.fromEntries(new URLSearchParams(query)))

export function listQuery(query: string): ListQuery {
  const { q, ...rest } = parseInput(listParameters, Object.fromEntries(new URLSearchParams(query)))
  return { ...rest, ...(q && { search: q }) }
}

export const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()

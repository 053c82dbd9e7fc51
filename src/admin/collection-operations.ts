import { z } from 'zod'
import type { Right } from '../roles/rights.ts'
import type { Operation, Writing } from './operation.ts'

/** How openapi.json tells of a resource; its examples follow one another and are replayed by a test. */
export interface Described {
  /** In CamelCase: the shapes are called `{name}`, `{name}Input` and `{name}Patch`. */
  readonly name: string
  /** In words, with its article: `an API`. */
  readonly one: string
  readonly many: string
  /** What GET shows. */
  readonly shown: z.ZodObject
  /** Of what is said and of what is shown. */
  readonly written?: Writing
  readonly example: {
    readonly id: string
    readonly input: object
    readonly patch: object
    /** What GET shows of what the input made, besides what the input says. */
    readonly shown: object
    /** {@link Resource.once} likewise. */
    readonly once?: object
  }
  /** What is refused besides what every collection refuses. */
  readonly inUse?: boolean
}

interface Collection {
  readonly path: string
  readonly described: Described
  readonly input: z.ZodType
  readonly leastRight?: Right
}

/** What the query of every list may say. */
export const listParameters = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many there may be on a page.'),
  after: z.string().max(200).optional().describe('The `next` of the page before.'),
  q: z.string().max(200).optional().describe('What to look for in names.'),
})

/** Of lists that are read in order and not searched. */
export const pageParameters = listParameters.omit({ q: true })

// Handlers parse it: a PUT may repeat what is only read, a PATCH says a part.
const json = z.unknown()

/** The six operations of a collection, in words. */
export function collectionOperations(resource: Collection) {
  const { path, described, input, leastRight: right = 'edit' } = resource
  const { name, one, many, example } = described
  const written = described.written && { written: described.written }
  const plain = { name, schema: described.shown, ...written }
  const shape = {
    ...plain,
    example: {
      ...('id' in described.shown.shape && { id: example.id }),
      ...Object(input.parse(example.input)),
      ...example.shown,
    },
  }
  const said = { name: `${name}Input`, schema: input, ...written }
  const made = { ...shape, example: { ...shape.example, ...example.once } }
  const common = { tag: path, parameters: { id: { is: `Which ${many}`, example: example.id } } } as const
  const ofOne = { ...common, path: `/${path}/:id` } as const
  const headers = ['ETag'] as const
  return {
    list: {
      ...{ tag: path, id: `list${name}s`, method: 'get', path: `/${path}`, right: 'view', query: listParameters },
      summary: `List ${many}, in the order they were made`,
      answer: { status: 200, is: 'A page of them', shape: plain, paged: true },
    },
    create: {
      ...{ tag: path, id: `create${name}`, method: 'post', path: `/${path}`, right },
      summary: `Make ${one}`,
      body: { schema: json, described: said, example: example.input },
      answer: { status: 201, is: 'It was made', shape: made, headers: ['ETag', 'Location'] },
      refusals: ['conflict'],
    },
    get: {
      ...{ ...ofOne, id: `get${name}`, method: 'get', right: 'view' },
      summary: `Show ${one}`,
      answer: { status: 200, is: 'As it is now', shape, headers },
    },
    replace: {
      ...{ ...ofOne, id: `replace${name}`, method: 'put', right, guarded: true },
      summary: `Replace ${one} as a whole`,
      description: 'What GET answered may be sent back as it is. A secret that is omitted stays as it is.',
      body: { schema: json, described: said, example: example.input },
      answer: { status: 200, is: 'As it is now', shape: plain, headers },
      refusals: ['conflict'],
    },
    patch: {
      ...{ ...ofOne, id: `change${name}`, method: 'patch', right, guarded: true },
      summary: `Change members of ${one}`,
      description: 'JSON Merge Patch (RFC 7396); `null` restores a default.',
      body: { schema: json, described: said, patch: true, example: example.patch },
      answer: { status: 200, is: 'As it is now', shape: plain, headers },
      refusals: ['conflict'],
    },
    remove: {
      ...{ ...ofOne, id: `remove${name}`, method: 'delete', right, guarded: true },
      summary: `Remove ${one}`,
      answer: { status: 204, is: 'It is gone' },
      refusals: described.inUse ? ['in_use'] : [],
    },
  } as const satisfies Record<string, Operation>
}

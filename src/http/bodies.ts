import type { Context } from 'koa'
import type { z } from 'zod'
import { Refusal } from '../errors.ts'
import { invalidInput, parseInput } from '../input.ts'

const KiB = 1024
const maxFields = 200
const maxDepth = 20

interface FormOptions {
  /** Bytes. */
  readonly limit?: number
  /** Fields that may come more than once; any other that does is refused. */
  readonly lists?: readonly string[]
}

/** Reads an `application/x-www-form-urlencoded` body. */
export async function readForm(
  ctx: Context,
  { limit = 64 * KiB, lists = [] }: FormOptions = {},
): Promise<URLSearchParams> {
  const text = await readText(ctx, ['application/x-www-form-urlencoded'], limit)
  const form = new URLSearchParams(requirePercentEncodedUtf8(text))
  if (form.size > maxFields) throw new Refusal('too_large', `A form may have ${maxFields} fields`)
  return requireOnce(form, lists)
}

/** Rejects with `invalid_input` what comes twice: others might read the other one. */
export function requireOnce(parameters: URLSearchParams, lists: readonly string[] = []): URLSearchParams {
  const names = [...new Set(parameters.keys())]
  const twice = names.filter((name) => !lists.includes(name) && parameters.getAll(name).length > 1)
  if (twice.length > 0) throw invalidInput(twice.map((path) => ({ path, message: 'must be given once' })))
  return parameters
}

interface JsonOptions {
  /** Bytes. */
  readonly limit?: number
  readonly types?: readonly string[]
}

/** Reads a JSON body of at most twenty levels. Give it a strict schema: {@link parseInput} is applied. */
export async function readJson<S extends z.ZodType>(
  ctx: Context,
  schema: S,
  options: JsonOptions = {},
): Promise<z.output<S>> {
  const { limit = 256 * KiB, types = ['application/json'] } = options
  const text = await readText(ctx, types, limit)
  return parseInput(schema, parseJson(text))
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    requireHarmless(value, maxDepth)
    return value
  } catch (cause) {
    throw cause instanceof Refusal ? cause : unreadable('The body is not JSON', cause)
  }
}

function requireHarmless(value: unknown, depth: number): void {
  if (typeof value === 'string') requireStorable(value)
  if (typeof value !== 'object' || value === null) return
  if (depth === 0) throw new Refusal('invalid_input', `The body is nested deeper than ${maxDepth} levels`)
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') throw new Refusal('invalid_input', 'The body has a member __proto__')
    requireStorable(name)
    requireHarmless(member, depth - 1)
  }
}

// PostgreSQL keeps neither NUL nor half a surrogate pair.
function requireStorable(text: string): void {
  if (text.includes('\0') || !text.isWellFormed())
    throw new Refusal('invalid_input', 'The body has text that is not Unicode')
}

/** Rejects with `invalid_input`. URLSearchParams would put U+FFFD where the bytes make no sense. */
export function requirePercentEncodedUtf8(text: string): string {
  try {
    requireStorable(decodeURIComponent(text))
    return text
  } catch (cause) {
    throw unreadable('Parameters must be percent-encoded UTF-8', cause)
  }
}

async function readText(ctx: Context, types: readonly string[], limit: number): Promise<string> {
  requireType(ctx, types)
  if ((ctx.request.length ?? 0) > limit) throw tooLarge(ctx, limit)
  const bytes = await readBytes(ctx, limit)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw unreadable('The body is not UTF-8', cause)
  }
}

function requireType(ctx: Context, types: readonly string[]): void {
  const isUtf8 = /^(utf-8)?$/i.test(ctx.request.charset)
  const isPlain = /^(identity)?$/i.test(ctx.get('Content-Encoding'))
  if (types.includes(ctx.request.type.toLowerCase()) && isUtf8 && isPlain) return
  ctx.set('Accept', types.join(', '))
  throw new Refusal(
    'unsupported_media_type',
    `The body must be ${types.join(' or ')} in UTF-8, without Content-Encoding`,
  )
}

async function readBytes(ctx: Context, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
      size += chunk.length
      if (size > limit) throw tooLarge(ctx, limit)
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof Refusal ? cause : unreadable('The connection ended before the body did', cause)
  }
  return Buffer.concat(chunks)
}

function tooLarge(ctx: Context, limit: number): Refusal {
  // What is still on its way is not waited for.
  ctx.set('Connection', 'close')
  return new Refusal('too_large', `The body may have ${limit} bytes`)
}

const unreadable = (message: string, cause: unknown) => new Refusal('invalid_input', message, { cause })

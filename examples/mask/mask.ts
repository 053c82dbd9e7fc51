/** Covers members of a JSON document. Pure: what to cover comes from the gateway, the document from the API. */
import { jsonpath } from 'json-p3'
import { z } from 'zod'

/** Where (JSONPath, RFC 9535), and what stands there instead. */
export type Mask = readonly [path: string, replacement: string]

/** Nobody knows what may be seen, so nothing is shown. */
export class CannotMask extends Error {}

const Masks = z.array(z.tuple([z.string().startsWith('$'), z.string()])).max(200)

/**
 * What `X-Auth-Mask` says is to be covered. The gateway always sets it, `[]` when it is nothing. Rejects by
 * {@link CannotMask} when it is missing: then the request did not come by the gateway.
 */
export function readMasks(header: string | readonly string[] | undefined): readonly Mask[] {
  if (typeof header !== 'string') throw new CannotMask('The gateway did not say what is to be covered')
  const masks = Masks.safeParse(parse(header))
  if (!masks.success) throw new CannotMask('What the gateway said is to be covered cannot be read')
  return masks.data
}

/** The same document with everything that the masks lead to covered. */
export function maskJson(text: string, masks: readonly Mask[]): string {
  const document = parse(text)
  try {
    for (const [path, replacement] of masks) {
      for (const { location } of jsonpath.query(path, document).nodes) replace(document, location, replacement)
    }
  } catch (cause) {
    throw new CannotMask('A mask cannot be followed', { cause })
  }
  return JSON.stringify(document)
}

type Value = Parameters<typeof jsonpath.query>[1]

function replace(document: Value, location: readonly (string | number)[], replacement: string): void {
  const steps = [...location]
  const last = steps.pop()
  if (last === undefined) throw new CannotMask('A mask covers everything')
  let parent: unknown = document
  for (const step of steps) parent = Reflect.get(Object(parent), step)
  // What a mask before this one has covered has no members any more.
  if (typeof parent === 'object' && parent !== null) Reflect.set(parent, last, replacement)
}

function parse(text: string): Value {
  try {
    return JSON.parse(text, exactly) as Value
  } catch (cause) {
    throw new CannotMask('This is no JSON', { cause })
  }
}

/** A number that JavaScript would round, or write in another way, goes on as it was written. */
function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source
  return typeof value === 'number' && source !== undefined && String(value) !== source ? rawJson(source) : value
}

// ES2026; TypeScript does not know it yet.
const rawJson = (source: string): unknown => (JSON as unknown as { rawJSON(source: string): unknown }).rawJSON(source)

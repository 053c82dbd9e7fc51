/** A gateway's files as they stand in examples/, with other addresses. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Running } from '../../support/program.ts'

export interface Places {
  readonly broker: number
  readonly api: number
  readonly secret: string
  readonly issuer: string
  readonly jwks: string
}

export interface Recipe {
  readonly name: string
  readonly start: (places: Places) => Promise<Running>
}

export const examples = join(import.meta.dirname, '../../../examples/gateways')

/** The file with each change made wherever it applies; rejects when one does not. */
export async function recipeFile(name: string, changes: readonly (readonly [string, string])[] = []): Promise<string> {
  const file = await readFile(join(examples, name), 'utf8')
  return changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`There is no ${from} in ${name}`)
    return changed.replaceAll(from, to)
  }, file)
}

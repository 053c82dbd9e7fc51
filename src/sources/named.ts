import { invalidInput } from '../input.ts'
import type { SourceStore } from './source.ts'

/**
 * Ids of sources that were named by id or by alias, in their order. Rejects with `invalid_input` when there is no
 * such source; `path` is the member that names them.
 */
export async function sourceIds(
  sources: Pick<SourceStore, 'get' | 'byAlias'>,
  names: readonly string[],
  path: string,
): Promise<readonly string[]> {
  const found = await Promise.all(names.map(async (name) => (await sources.get(name)) ?? (await sources.byAlias(name))))
  const unknown = names.flatMap((name, index) => (found[index] ? [] : [{ name, index }]))
  if (unknown.length > 0) {
    throw invalidInput(
      unknown.map(({ name, index }) => ({
        path: `${path}.${index}`,
        message: `there is no authentication source ${name}`,
      })),
    )
  }
  return found.flatMap((source) => source?.id ?? [])
}

/** The same, each once. */
export const namedSources = async (...named: Parameters<typeof sourceIds>): Promise<readonly string[]> => [
  ...new Set(await sourceIds(...named)),
]

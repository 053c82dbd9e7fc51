import { invalidInput } from '../input.ts'
import type { SourceStore } from './source.ts'

/**
 * Ids of sources that were named by id or by alias, each once. Rejects with `invalid_input` when there is no
 * such source; `path` is the member that names them.
 */
export async function namedSources(
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
  return [...new Set(found.flatMap((source) => source?.id ?? []))]
}

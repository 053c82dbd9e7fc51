import { signInProblem } from '../connector.ts'
import { invalidInput } from '../input.ts'
import type { Source, SourceStore } from './source.ts'

/**
 * Ids of sources that were named by id or by alias, in their order. Rejects with `invalid_input` when there is no
 * such source, or `problemOf` has something against it; `path` is the member that names them.
 */
export async function sourceIds(
  sources: Pick<SourceStore, 'get' | 'byAlias'>,
  names: readonly string[],
  path: string,
  problemOf: (source: Source) => string | undefined = () => undefined,
): Promise<readonly string[]> {
  const found = await Promise.all(names.map(async (name) => (await sources.get(name)) ?? (await sources.byAlias(name))))
  const problems = names.flatMap((name, index) => {
    const source = found[index]
    const message = source ? problemOf(source) : `there is no authentication source ${name}`
    return message === undefined ? [] : [{ path: `${path}.${index}`, message }]
  })
  if (problems.length > 0) throw invalidInput(problems)
  return found.flatMap((source) => source?.id ?? [])
}

/** Those that people sign in through, each once. */
export const signInSources = async (
  sources: Pick<SourceStore, 'get' | 'byAlias'>,
  names: readonly string[],
  path: string,
): Promise<readonly string[]> => [...new Set(await sourceIds(sources, names, path, signInProblem))]

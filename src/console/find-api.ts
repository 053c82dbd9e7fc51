import type { Api, ApiStore } from '../apis/api.ts'

interface Needs {
  readonly apis: Pick<ApiStore, 'get' | 'byAudience' | 'list'>
}

/** The API that an administrator means by its audience, id or slug. */
export type FindApi = (typed: string) => Promise<Api | undefined>

export const createFindApi =
  ({ apis }: Needs): FindApi =>
  async (typed) => {
    const named = (await apis.byAudience(typed)) ?? (await apis.get(typed))
    if (named) return named
    const { items } = await apis.list({ limit: 50, search: typed })
    return items.find(({ slug }) => slug === typed)
  }

/** Natural keys for ids and back, as the registry has them at the moment. */
import type { Api } from '../apis/api.ts'
import type { RegisteredApplication } from '../applications/application-input.ts'
import type { ListQuery, Page } from '../collection.ts'
import type { Source } from '../sources/source.ts'

type List<T> = { list(query: ListQuery): Promise<Page<T>> }

interface Needs {
  readonly sources: List<Source>
  readonly apis: List<Api>
  readonly applications: List<RegisteredApplication>
}

export interface Names {
  /** An id that nothing has is answered as it is, and so is a name: whoever looks it up says that there is none. */
  aliasOf(sourceId: string): Promise<string>
  slugOfApi(id: string): Promise<string>
  apiBySlug(slug: string): Promise<string>
  applicationBySlug(slug: string): Promise<string | undefined>
  slugOfApplication(id: string): Promise<string | null | undefined>
  /** `application:SLUG` for an application's own client; every other goes by its id. */
  nameOfClient(id: string): Promise<string>
  clientByName(name: string): Promise<string>
  /** What has been changed is looked up again. */
  forget(): void
}

const ofApplication = 'application:'

export function createNames({ sources, apis, applications }: Needs): Names {
  const allSources = kept(sources)
  const allApis = kept(apis)
  const registered = kept(applications)
  const allApplications = async () => (await registered.get()).map(({ application }) => application)

  return {
    aliasOf: async (id) => (await allSources.get()).find((source) => source.id === id)?.alias ?? id,
    slugOfApi: async (id) => (await allApis.get()).find((api) => api.id === id)?.slug ?? id,
    apiBySlug: async (slug) => (await allApis.get()).find((api) => api.slug === slug)?.id ?? slug,
    applicationBySlug: async (slug) => (await allApplications()).find((found) => found.slug === slug)?.id,
    slugOfApplication: async (id) => (await allApplications()).find((found) => found.id === id)?.slug,
    async nameOfClient(id) {
      if (!id.endsWith(':OPENID')) return id
      const slug = (await allApplications()).find(({ clientId }) => clientId === id)?.slug
      return slug ? ofApplication + slug : id
    },
    async clientByName(name) {
      if (!name.startsWith(ofApplication)) return name
      const slug = name.slice(ofApplication.length)
      return (await allApplications()).find((found) => found.slug === slug)?.clientId ?? name
    },
    forget() {
      for (const list of [allSources, allApis, registered]) list.forget()
    },
  }
}

function kept<T>(collection: List<T>) {
  let all: Promise<readonly T[]> | undefined
  return {
    get() {
      all ??= everything(collection.list)
      return all
    },
    forget() {
      all = undefined
    },
  }
}

/** A collection as a whole, page by page. */
export async function everything<T>(list: (query: ListQuery) => Promise<Page<T>>): Promise<readonly T[]> {
  const all: T[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const { items, next } = await list({ limit: 200, ...(after !== undefined && { after }) })
    all.push(...items)
    after = next
  }
  return all
}

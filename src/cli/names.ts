/** Natural keys for ids and back, as the registry has them at the moment. */
import type { Api } from '../apis/api.ts'
import type { RegisteredApplication } from '../applications/application-input.ts'
import { clientIdOf } from '../applications/own-client.ts'
import type { ListQuery, Page } from '../collection.ts'
import type { Source } from '../sources/source.ts'
import type { KindName } from './format.ts'

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
  /** Whether it comes and goes with an application, whatever that is called. */
  isApplications(clientId: string): Promise<boolean>
  /** What has been changed of this kind is looked up again. */
  forget(kind: KindName): void
}

const ofApplication = 'application:'

export function createNames({ sources, apis, applications }: Needs): Names {
  const known = {
    'authentication-sources': kept(sources.list, (source) => ({ id: source.id, name: source.alias })),
    apis: kept(apis.list, (api) => ({ id: api.id, name: api.slug })),
    applications: kept(applications.list, ({ application: { id, slug } }) => ({ id, name: slug })),
  }
  const { apis: slugs, applications: applicationSlugs } = known

  return {
    aliasOf: async (id) => (await known['authentication-sources'].nameOf(id)) ?? id,
    slugOfApi: async (id) => (await slugs.nameOf(id)) ?? id,
    apiBySlug: async (slug) => (await slugs.idOf(slug)) ?? slug,
    applicationBySlug: (slug) => applicationSlugs.idOf(slug),
    slugOfApplication: (id) => applicationSlugs.nameOf(id),
    async nameOfClient(id) {
      const application = applicationOf(id)
      const slug = application && (await applicationSlugs.nameOf(application))
      return slug ? ofApplication + slug : id
    },
    async clientByName(name) {
      if (!name.startsWith(ofApplication)) return name
      const id = await applicationSlugs.idOf(name.slice(ofApplication.length))
      return id ? clientIdOf(id) : name
    },
    async isApplications(clientId) {
      const application = applicationOf(clientId)
      return application !== undefined && (await applicationSlugs.nameOf(application)) !== undefined
    },
    forget(kind) {
      if (kind in known) known[kind as keyof typeof known].forget()
    },
  }
}

const applicationOf = (clientId: string): string | undefined => {
  const [id = ''] = clientId.split(':', 1)
  return clientId === clientIdOf(id) ? id : undefined
}

interface Named {
  readonly id: string
  readonly name: string | null
}

/** Read as a whole when it is first asked, since most of it is asked for: both ways. */
function kept<T>(list: List<T>['list'], named: (item: T) => Named) {
  let both:
    | Promise<{ readonly names: ReadonlyMap<string, string | null>; readonly ids: ReadonlyMap<string, string> }>
    | undefined

  async function read() {
    const all = (await everything(list)).map(named)
    return {
      names: new Map(all.map(({ id, name }) => [id, name])),
      ids: new Map(all.flatMap(({ id, name }) => (name === null ? [] : [[name, id]]))),
    }
  }

  function get() {
    both ??= read()
    return both
  }

  return {
    nameOf: async (id: string) => (await get()).names.get(id),
    idOf: async (name: string) => (await get()).ids.get(name),
    forget() {
      both = undefined
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

import { z } from 'zod'
import type { ApiStore } from '../apis/api.ts'
import type { Actor, AuditStore } from '../audit/audit.ts'
import { changesNothing, recordChange } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import { found, type ListQuery, type Page, requireVersion, type Transact } from '../collection.ts'
import { signInProblem } from '../connector.ts'
import { newId } from '../ids.ts'
import { invalidInput, together } from '../input.ts'
import type { Source, SourceStore } from '../sources/source.ts'
import type { Portal, PortalStore } from './portal.ts'

/** What POST and PUT say about a portal. */
export const PortalInput = z.strictObject({
  slug: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens'),
  name: z.string().trim().min(1).max(200),
  authentication_source: z.string().min(1).max(255).describe('Id or alias.'),
  apis: z
    .array(z.string().min(1).max(255))
    .max(1000)
    .transform((ids) => [...new Set(ids)])
    .default([]),
  required_roles: z
    .array(z.string().trim().min(1).max(100))
    .max(100)
    .transform((roles) => [...new Set(roles)])
    .default([]),
})
export type PortalInput = z.output<typeof PortalInput>

/** What a PUT would have to say to leave the portal as it is. */
export const portalInput = ({ slug, name, sourceId, apis, requiredRoles }: Portal): PortalInput => ({
  slug,
  name,
  authentication_source: sourceId,
  apis: [...apis],
  required_roles: [...requiredRoles],
})

interface Needs {
  readonly transact: Transact<{ readonly portals: PortalStore; readonly audit: AuditStore }>
  readonly portals: PortalStore
  readonly sources: Pick<SourceStore, 'get' | 'byAlias'>
  readonly apis: Pick<ApiStore, 'some'>
  readonly clock: Clock
}

export interface Portals {
  list(query: ListQuery): Promise<Page<Portal>>
  get(id: string): Promise<Portal>
  create(actor: Actor, input: PortalInput): Promise<Portal>
  replace(actor: Actor, id: string, input: PortalInput, expected: number): Promise<Portal>
  remove(actor: Actor, id: string, expected: number): Promise<void>
}

export function createPortals({ transact, portals, sources, apis, clock }: Needs): Portals {
  const get = async (id: string) => found(await portals.get(id), `portal ${id}`)
  const subject = ({ id, name }: Portal) => ({ type: 'portal', id, name })

  async function parse({ slug, name, authentication_source, apis: ids, required_roles }: PortalInput) {
    const [source] = await together([signInSource(authentication_source), requireApis(ids)])
    return { slug, name, sourceId: source.id, apis: ids, requiredRoles: required_roles }
  }

  async function signInSource(name: string): Promise<Source> {
    const source = (await sources.get(name)) ?? (await sources.byAlias(name))
    const problem = source ? signInProblem(source) : undefined
    if (source && problem === undefined) return source
    const message = problem ?? `there is no authentication source ${name}`
    throw invalidInput([{ path: 'authentication_source', message }])
  }

  async function requireApis(ids: readonly string[]): Promise<void> {
    const known = new Set((await apis.some(ids)).map(({ id }) => id))
    const unknown = ids.flatMap((id, index) =>
      known.has(id) ? [] : [{ path: `apis.${index}`, message: `there is no API ${id}` }],
    )
    if (unknown.length > 0) throw invalidInput(unknown)
  }

  return {
    list: (query) => portals.list(query),
    get,

    async create(actor, input) {
      const now = clock()
      const portal: Portal = { id: newId(), version: 1, createdAt: now, updatedAt: now, ...(await parse(input)) }
      await transact(async ({ portals, audit }) => {
        await portals.add(portal)
        await recordChange(audit, actor, clock, { subject: subject(portal), after: portalInput(portal) })
      })
      return portal
    },

    async replace(actor, id, input, expected) {
      const before = await get(id)
      requireVersion(before, expected)
      const next = { ...before, ...(await parse(input)), updatedAt: clock() }
      if (changesNothing(portalInput(before), portalInput(next))) return before
      return transact(async ({ portals, audit }) => {
        const after = await portals.replace(next, expected)
        const change = { before: portalInput(before), after: portalInput(after) }
        await recordChange(audit, actor, clock, { subject: subject(after), ...change })
        return after
      })
    },

    async remove(actor, id, expected) {
      const before = await get(id)
      await transact(async ({ portals, audit }) => {
        await portals.remove(id, expected)
        await recordChange(audit, actor, clock, { subject: subject(before), before: portalInput(before) })
      })
    },
  }
}

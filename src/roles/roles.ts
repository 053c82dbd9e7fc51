import { z } from 'zod'
import type { Actor, AuditStore } from '../audit/audit.ts'
import { changesNothing, recordChange } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import { found, type ListQuery, type Page, requireVersion, type Transact } from '../collection.ts'
import { newId } from '../ids.ts'
import { invalidInput } from '../input.ts'
import { roleName } from '../mapping/mapping.ts'
import type { Role, RoleStore, RoleUsage } from './role.ts'

/** What POST and PUT say about a role. */
export const RoleInput = z.strictObject({
  name: roleName,
  client: z
    .string()
    .min(1)
    .max(255)
    .nullable()
    .default(null)
    .describe('Whose role it is: a client, or an API; `null`: a realm role.'),
  description: z.string().max(2000).default(''),
})

export type RoleInput = z.output<typeof RoleInput>

export const roleInput = ({ name, client, description }: Role): RoleInput => ({ name, client, description })

interface Needs {
  readonly transact: Transact<{ readonly roles: RoleStore; readonly audit: AuditStore }>
  readonly roles: RoleStore
  readonly clock: Clock
}

export interface Roles {
  list(query: ListQuery): Promise<Page<Role>>
  get(id: string): Promise<Role>
  usage(id: string): Promise<RoleUsage>
  create(actor: Actor, input: RoleInput): Promise<Role>
  /** Name and client stay: mappings and people refer to the role by them. */
  replace(actor: Actor, id: string, input: RoleInput, expected: number): Promise<Role>
  /** Rejects with `in_use` while a mapping gives the role, somebody has it, or an API or a portal names it. */
  remove(actor: Actor, id: string, expected: number): Promise<void>
}

export function createRoles({ transact, roles, clock }: Needs): Roles {
  const get = async (id: string) => found(await roles.get(id), `role ${id}`)
  const subject = ({ id, name, client }: Role) => ({ type: 'role', id, name: client ? `${client}:${name}` : name })

  return {
    list: (query) => roles.list(query),
    get,
    usage: (id) => roles.usage(id),

    async create(actor, input) {
      const now = clock()
      const role: Role = { id: newId(), version: 1, createdAt: now, updatedAt: now, ...input }
      await transact(async ({ roles, audit }) => {
        await roles.add(role)
        await recordChange(audit, actor, clock, { subject: subject(role), after: roleInput(role) })
      })
      return role
    },

    async replace(actor, id, input, expected) {
      const before = await get(id)
      requireVersion(before, expected)
      const renamed = (['name', 'client'] as const).filter((member) => before[member] !== input[member])
      if (renamed.length > 0) {
        throw invalidInput(renamed.map((path) => ({ path, message: `cannot be changed; it is ${before[path]}` })))
      }
      if (changesNothing(roleInput(before), input)) return before
      return transact(async ({ roles, audit }) => {
        const after = await roles.replace({ ...before, ...input, updatedAt: clock() }, expected)
        const change = { before: roleInput(before), after: roleInput(after) }
        await recordChange(audit, actor, clock, { subject: subject(after), ...change })
        return after
      })
    },

    async remove(actor, id, expected) {
      const before = await get(id)
      await transact(async ({ roles, audit }) => {
        await roles.remove(id, expected)
        await recordChange(audit, actor, clock, { subject: subject(before), before: roleInput(before) })
      })
    },
  }
}

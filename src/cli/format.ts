/**
 * What a file may say: lists by kind, of what the admin API's POST and PUT say, with natural keys in place of ids. The
 * same schemas validate both; docs/operations/configuration-files.md tells it to people.
 */
import { z } from 'zod'
import { UserInput } from '../accounts/user-input.ts'
import { ApiInput } from '../apis/api-input.ts'
import { ApplicationInput } from '../applications/application-input.ts'
import { ClientInput } from '../clients/client-input.ts'
import { PortalInput } from '../portals/portals.ts'
import { RoleInput } from '../roles/roles.ts'
import { SourceInput } from '../sources/source-input.ts'

/** In the order in which they come into being: what refers to another comes after it. */
export const kindNames = [
  'roles',
  'authentication-sources',
  'clients',
  'applications',
  'apis',
  'portals',
  'users',
  'api-keys',
] as const
export type KindName = (typeof kindNames)[number]

/** A client that a file speaks of has a name that the file gives it. */
const ClientEntry = ClientInput.refine(({ client_id }) => client_id !== undefined, {
  path: ['client_id'],
  message: 'is required',
})

const UserEntry = UserInput.refine(({ username }) => username !== undefined, {
  path: ['username'],
  message: 'is required',
})

const ApplicationEntry = ApplicationInput.extend({ slug: PortalInput.shape.slug })

/** The key itself is made with it and shown once; what it was made with stays. */
const ApiKeyEntry = z.strictObject({
  /** Slugs. */
  application: z.string().min(1).max(63),
  api: z.string().min(1).max(63),
  name: z.string().trim().max(200).default(''),
  expires_at: z.iso.datetime({ offset: true }).nullable().default(null),
})

export const entrySchemas = {
  roles: RoleInput,
  'authentication-sources': SourceInput,
  clients: ClientEntry,
  applications: ApplicationEntry,
  apis: ApiInput,
  portals: PortalInput,
  users: UserEntry,
  'api-keys': ApiKeyEntry,
} as const satisfies Record<KindName, z.ZodType>

export type EntryOf<Name extends KindName> = z.output<(typeof entrySchemas)[Name]>

/** By which an entry is the same thing the next time. */
export const keyOf: { readonly [Name in KindName]: (entry: EntryOf<Name>) => string } = {
  roles: ({ name, client }) => roleKey(name, client),
  'authentication-sources': ({ alias }) => alias,
  clients: ({ client_id = '' }) => client_id,
  applications: ({ slug }) => slug,
  apis: ({ slug }) => slug,
  portals: ({ slug }) => slug,
  users: ({ username = '', authentication_source }) => userKey(authentication_source ?? 'local', username),
  'api-keys': ({ application, api, name }) => apiKeyKey(application, api, name),
}

export const roleKey = (name: string, client: string | null): string => (client === null ? name : `${client}:${name}`)

/** Names of users that are the same to sign in with are the same here. */
export const userKey = (source: string, username: string): string =>
  `${source}/${username.normalize('NFKC').trim().toLowerCase()}`

export const apiKeyKey = (application: string, api: string, name: string): string =>
  [application, api, ...(name ? [name] : [])].join('/')

/** Where an entry has its secrets; those of sources depend on their type. */
export function secretPaths(kind: KindName, sourceSecrets: readonly string[]): readonly (readonly string[])[] {
  if (kind === 'clients') return [['client_secret']]
  if (kind === 'users') return [['password']]
  return kind === 'authentication-sources' ? sourceSecrets.map((name) => ['config', name]) : []
}

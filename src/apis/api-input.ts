import { z } from 'zod'
import { canonicalHost, canonicalPath, pathProblem } from './addresses.ts'
import type { Api, ApiSource } from './api.ts'
import { ApiRules } from './api-rules.ts'

const Host = z
  .string()
  .max(262)
  .transform((text, context) => {
    const host = canonicalHost(text)
    if (host !== undefined) return host
    context.addIssue({
      code: 'custom',
      message: 'must be a host such as api.example.com or api.example.com:8443, without scheme, path and wildcard',
    })
    return z.NEVER
  })

const PathPrefix = z
  .string()
  .max(500)
  .superRefine((path, context) => {
    const message = pathProblem(path)
    if (message) context.addIssue({ code: 'custom', message })
  })
  .transform(canonicalPath)

/** The name of a source: its id or its alias. */
const SourceName = z.string().min(1).max(255)

const SourceEntry = z.strictObject({
  source: SourceName,
  roles: z
    .array(
      z.strictObject({
        /** Absent: everybody who comes through the source. */
        when_group: z.string().min(1).max(255).optional(),
        role: z.string().trim().min(1).max(100),
      }),
    )
    .max(1000)
    .nullable()
    .default(null),
  sunset: z.iso.datetime({ offset: true }).nullable().default(null),
})

/** What POST and PUT say about an API. */
export const ApiInput = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    slug: z
      .string()
      .max(63)
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens'),
    hosts: z
      .array(Host)
      .max(50)
      .transform((hosts) => [...new Set(hosts)])
      .default([]),
    path_prefix: PathPrefix.default('/'),
    audience: z
      .string()
      .max(500)
      .refine(
        (value) => /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/i.test(value) && URL.canParse(value),
        'must be an absolute URI',
      )
      .refine((value) => !value.includes('#'), 'must have no fragment (RFC 8707 §2)')
      .nullable()
      .default(null),
    clients: z.array(z.string().min(1).max(255)).max(1000).default([]),
    authentication_sources: z
      .array(z.union([SourceName, SourceEntry]))
      .max(100)
      .default([]),
    ...ApiRules.shape,
  })
  .refine(({ hosts, path_prefix }) => hosts.length > 0 || path_prefix === '/', {
    path: ['hosts'],
    message: 'must name at least one for the path_prefix to be below',
  })

export type ApiInput = z.output<typeof ApiInput>

/** What a PUT would have to say to leave the API as it is. */
export const apiInput = (api: Api): Readonly<Record<string, unknown>> => ({
  name: api.name,
  slug: api.slug,
  hosts: api.hosts,
  path_prefix: api.pathPrefix,
  audience: api.audience,
  clients: api.clients,
  authentication_sources: api.authenticationSources.map(entryOf),
  ...api.rules,
})

/** The id alone where there is no more to say. */
const entryOf = ({ sourceId, roles, sunset }: ApiSource): unknown =>
  roles === null && sunset === null
    ? sourceId
    : { source: sourceId, roles, sunset: sunset === null ? null : new Date(sunset).toISOString() }

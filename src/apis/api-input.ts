import { z } from 'zod'
import type { Api } from './api.ts'

const later = z.undefined({ error: 'is not available in this version' }).optional()

/** What POST and PUT say about an API. */
export const ApiInput = z.strictObject({
  name: z.string().trim().min(1).max(200),
  slug: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens'),
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
  /** Ids or aliases. */
  authentication_sources: z.array(z.string().min(1).max(255)).max(100).default([]),
  hosts: later,
  path_prefix: later,
  require_api_key: later,
  key_must_match_token: later,
  required_scopes: later,
  required_roles: later,
  required_groups: later,
  claims: later,
  mask: later,
  enforcement: later,
})

export type ApiInput = z.output<typeof ApiInput>

export const apiInput = ({ name, slug, audience, clients, authenticationSources }: Api): ApiInput => ({
  name,
  slug,
  audience,
  clients: [...clients],
  authentication_sources: [...authenticationSources],
})

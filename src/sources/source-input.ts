import { domainToASCII } from 'node:url'
import { z } from 'zod'
import { maskedSecret } from '../audit/record.ts'
import { sourceTypes } from '../connector.ts'
import { Mapping } from '../mapping/mapping.ts'
import type { Source } from './source.ts'

const Domain = z
  .string()
  .max(253)
  .transform((text) => domainToASCII(text.trim().toLowerCase().replace(/^@/, '')))
  .refine(
    (domain) => /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/.test(domain),
    'must be an e-mail domain such as acme.com',
  )

/** What POST and PUT say about an authentication source. `config` is the connector's and is parsed by its schema. */
export const SourceInput = z.strictObject({
  alias: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'must be 1 to 64 letters, digits, dots, underscores and hyphens, the first a letter or digit',
    ),
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2000).default(''),
  type: z.enum(sourceTypes),
  enabled: z.boolean().default(true),
  config: z.record(z.string(), z.unknown()).default({}),
  mapping: Mapping.prefault({}),
  domains: z
    .array(Domain)
    .max(100)
    .transform((domains) => [...new Set(domains)])
    .default([]),
  hidden: z.boolean().default(false),
})

export type SourceInput = z.output<typeof SourceInput>

/** What a PUT would have to say to leave the source as it is: without secrets, since an omitted one stays. */
export function sourceInput(source: Source): SourceInput {
  const { alias, name, description, type, enabled, config, secretNames, mapping, domains, hidden } = source
  const shown = Object.fromEntries(Object.entries(config).filter(([member]) => !secretNames.includes(member)))
  return { alias, name, description, type, enabled, config: shown, mapping, domains: [...domains], hidden }
}

/** For the audit: with a mask where a secret is. */
export function auditedSource(source: Source, before?: Source): unknown {
  const masked = source.secretNames.map((member) => [
    member,
    maskedSecret(source.config[member], before?.config[member]),
  ])
  const input = sourceInput(source)
  return { ...input, config: { ...input.config, ...Object.fromEntries(masked) } }
}

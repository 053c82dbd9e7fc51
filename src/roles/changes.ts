/** Which right a change of the registry needs: whoever decides who can become an administrator must be one. */
import { isDeepStrictEqual } from 'node:util'
import type { SourceInput } from '../sources/source-input.ts'
import type { Right } from './rights.ts'
import { administration } from './role.ts'

/**
 * What is there now and what it is to become, each if there is such, as a PUT would say it. Who says where administrators
 * come from can become one: by a rule of the mapping, or as the upstream itself.
 */
export function rightToSource(before: SourceInput | undefined, next: SourceInput | undefined): Right {
  const opens = [before, next].some((source) => source?.mapping.roles.some(isAdministration))
  const movesTrust = before && next && !isDeepStrictEqual(next.config, before.config)
  return opens || movesTrust ? 'administer' : 'edit'
}

const isAdministration = ({ client }: { readonly client?: string | undefined }) => client === administration.client

interface Metadata {
  readonly scope?: string | undefined
}

/** Whoever has the client's credentials administers. */
const opensAdministration = (metadata: Metadata | undefined): boolean =>
  metadata?.scope?.split(' ').some((scope) => scope === 'admin' || scope === 'admin:read') ?? false

export const rightToClient = (before: Metadata | undefined, next: Metadata | undefined): Right =>
  opensAdministration(before) || opensAdministration(next) ? 'administer' : 'edit'

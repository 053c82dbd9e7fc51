import { identityHeaders } from '../apis/api-rules.ts'
import type { Parties } from './decide.ts'

type Name = Exclude<(typeof identityHeaders)[number], 'assertion'>
export type IdentityValues = Readonly<Record<Name, string | readonly string[]>>

/** What the gateway hands on about the parties; what is not in `allowed` is empty. `null`: all of it. */
export function identityValues({ caller, application }: Parties, allowed: readonly string[] | null): IdentityValues {
  const of = <T extends string | readonly string[]>(name: Name, value: T | undefined, nothing: T): T =>
    value !== undefined && (allowed === null || allowed.includes(name)) ? value : nothing
  return {
    subject: of('subject', caller?.subject, ''),
    user: of('user', caller?.user, ''),
    email: of('email', caller?.email, ''),
    groups: of('groups', caller?.groups, []),
    roles: of('roles', caller?.roles, []),
    source: of('source', caller?.source, ''),
    client: of('client', caller?.client, ''),
    application: of('application', application?.id, ''),
    scopes: of('scopes', caller?.scopes, []),
  }
}

/** Every header of ours, so that a caller's own is written over whatever it is. */
export function identityHeaderLines(values: IdentityValues, assertion: string): Readonly<Record<string, string>> {
  const line = (value: string | readonly string[]) => (typeof value === 'string' ? [value] : value).map(encoded).join()
  return Object.fromEntries(
    identityHeaders.map((name) => [
      `X-Auth-${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      name === 'assertion' ? assertion : line(values[name]),
    ]),
  )
}

/** What a header cannot carry, and what separates items, in UTF-8 with percent signs: `decodeURIComponent` undoes it. */
const encoded = (value: string): string =>
  value.toWellFormed().replaceAll(/[^\x21-\x24\x26-\x2b\x2d-\x7e]/gu, encodeURIComponent)

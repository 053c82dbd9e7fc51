import type { Api } from '../apis/api.ts'
import { identityHeaders } from '../apis/api-rules.ts'
import type { Parties } from './decide.ts'
import { maskHeader } from './mask.ts'
import type { Caller } from './reader.ts'

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

/** All but the assertion; names and values in turn. */
export function createIdentityHeaders() {
  const known = new WeakMap<Caller, { readonly api: Api; readonly lines: readonly string[] }>()

  return (api: Api, parties: Parties): readonly string[] => {
    const { caller, application } = parties
    // Which application it is says the key, and not the caller.
    if (!caller?.comesAgain || application) return identityLines(api, parties)
    const kept = known.get(caller)
    if (kept?.api === api) return kept.lines
    const lines = identityLines(api, parties)
    known.set(caller, { api, lines })
    return lines
  }
}

/** Every header of ours, so that a caller's own is written over whatever it is. */
function identityLines({ rules }: Api, parties: Parties): readonly string[] {
  const values = identityValues(parties, rules.identity_headers)
  const lines = ['X-Auth-Mask', maskHeader(rules.mask, parties.caller)]
  for (const [name, header] of headerNames) {
    const value = values[name]
    lines.push(header, typeof value === 'string' ? encoded(value) : value.map(encoded).join())
  }
  return lines
}

/** By name, without the assertion, which is signed for each call. */
export function identityHeadersOf(api: Api, parties: Parties): Readonly<Record<string, string>> {
  const lines = identityLines(api, parties)
  return Object.fromEntries(lines.flatMap((name, at) => (at % 2 === 0 ? [[name, lines[at + 1] ?? '']] : [])))
}

const headerNames = identityHeaders.flatMap((name) =>
  name === 'assertion' ? [] : [[name, `X-Auth-${name.charAt(0).toUpperCase()}${name.slice(1)}`] as const],
)

/** What a header cannot carry, and what separates items, in UTF-8 with percent signs: `decodeURIComponent` undoes it. */
const encoded = (value: string): string =>
  /^[\x21-\x24\x26-\x2b\x2d-\x7e]*$/.test(value) ? value : percentEncoded(value)

const percentEncoded = (value: string): string =>
  value.toWellFormed().replaceAll(/[^\x21-\x24\x26-\x2b\x2d-\x7e]/gu, encodeURIComponent)

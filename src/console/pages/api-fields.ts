/**
 * Between an API's form and the input that the admin API validates: what has lists in lists there is flat here, a table
 * for the sources, one for the roles that they give, and a cell for the values of a claim.
 */
import type { Field, Group } from '#views/console/form.ts'
import type { ConsoleWords } from '#views/words/console.ts'
import type { Api } from '../../apis/api.ts'
import { ApiInput } from '../../apis/api-input.ts'
import { identityHeaders } from '../../apis/api-rules.ts'
import { isRecord } from '../../mapping/path.ts'
import { fieldsOf, inputFrom } from '../forms.ts'

interface NamedSource {
  readonly id: string
  readonly alias: string
  readonly name: string
}

type Option = { readonly value: string; readonly text: string }

const optionsOf = (words: Readonly<Record<string, string>>): readonly Option[] =>
  Object.entries(words).map(([value, text]) => ({ value, text }))

/** `sources`: to be chosen from; `undefined`: there are too many, and their aliases are typed. */
export function apiFields(
  { apis: words }: ConsoleWords,
  sources: readonly NamedSource[] | undefined,
): readonly Field[] {
  const ofSource = sources && {
    options: [{ value: '', text: '–' }, ...sources.map(({ alias, name }) => ({ value: alias, text: name }))],
  }
  const rows = (
    name: 'authentication_sources' | 'source_roles' | 'claims' | 'mask',
    columns: Field['columns'] = [],
  ): Field => ({
    ...{ name, kind: 'rows', required: false, columns },
    ...words.fields[name],
  })
  const column = (name: keyof typeof words.rows) => ({ name, label: words.rows[name] })
  // A row that nobody has filled in must have nothing in it.
  const { any, ...otherMatches } = words.matches
  const matches = [{ value: '', text: any }, ...optionsOf(otherMatches)]
  const replaced: Readonly<Record<string, readonly Field[]>> = {
    authentication_sources: [
      rows('authentication_sources', [{ ...column('source'), ...ofSource }, column('sunset')]),
      rows('source_roles', [{ ...column('source'), ...ofSource }, column('when_group'), column('role')]),
    ],
    claims: [rows('claims', [column('claim'), { ...column('match'), options: matches }, column('values')])],
    mask: [rows('mask', [column('json_path'), column('unless_group'), column('unless_role'), column('with')])],
  }
  const { none, ...constraints } = words.constraints
  const fields = fieldsOf(ApiInput, {
    words: words.fields,
    options: {
      enforcement: optionsOf(words.enforcements),
      sender_constraint: [{ value: '', text: none }, ...optionsOf(constraints)],
      'rate_limit.by': optionsOf(words.counters),
    },
  })
  return fields.flatMap((field) => {
    // There may be no limit at all.
    if (field.name.startsWith('rate_limit.')) return [{ ...field, required: false }]
    return replaced[field.name] ?? [field]
  })
}

const places: readonly (readonly [group: keyof ConsoleWords['apis']['groups'], names: readonly string[]])[] = [
  ['where', ['name', 'slug', 'hosts', 'path_prefix', 'enforcement']],
  ['who', ['audience', 'clients', 'authentication_sources', 'source_roles']],
  [
    'asked',
    ['require_api_key', 'key_must_match_token', 'required_scopes', 'required_roles', 'required_groups', 'claims'],
  ],
  ['strength', ['sender_constraint', 'required_acr', 'max_auth_age']],
  ['limit', ['rate_limit.requests', 'rate_limit.window', 'rate_limit.by']],
  ['told', ['identity_headers', 'mask']],
]

export const apiGroups = ({ apis: words }: ConsoleWords, fields: readonly Field[]): readonly Group[] =>
  places.map(([group, names]) => ({
    title: words.groups[group],
    fields: names.flatMap((name) => fields.find((field) => field.name === name) ?? []),
  }))

/** What the form shows of an API. `sources`: those that it names. */
export function apiStored({ rules, ...api }: Api, sources: readonly NamedSource[]): Readonly<Record<string, unknown>> {
  const aliasOf = new Map(sources.map(({ id, alias }) => [id, alias]))
  const named = (id: string) => aliasOf.get(id) ?? id
  return {
    ...{ name: api.name, slug: api.slug, hosts: api.hosts, path_prefix: api.pathPrefix, audience: api.audience },
    clients: api.clients,
    ...rules,
    authentication_sources: api.authenticationSources.map(({ sourceId, sunset }) => ({
      source: named(sourceId),
      sunset: sunset === null ? '' : new Date(sunset).toISOString().replace(/T00:00:00\.000Z$/, ''),
    })),
    source_roles: api.authenticationSources.flatMap(({ sourceId, roles }) =>
      (roles ?? []).map((role) => ({ source: named(sourceId), ...role })),
    ),
    claims: rules.claims.map((rule) => ({
      ...rule,
      match: rule.match === 'any' ? '' : rule.match,
      values: valuesText(rule.values),
    })),
    mask: rules.mask.map((mask) => ({ ...mask, with: mask.with === '' ? emptyText : mask.with })),
    identity_headers: rules.identity_headers ?? identityHeaders,
    rate_limit: rules.rate_limit ?? noLimit,
  }
}

const noLimit = { by: 'client' }

export const newApi: Readonly<Record<string, unknown>> = {
  ...{ path_prefix: '/', enforcement: 'enforce', identity_headers: identityHeaders, rate_limit: noLimit },
}

const emptyText = '""'

function valuesText(values: readonly unknown[]): string {
  const isPlain = (value: unknown) =>
    typeof value === 'string' && value !== '' && value === value.trim() && !/[,[]/.test(value)
  return values.every(isPlain) ? values.join(', ') : JSON.stringify(values)
}

function valuesIn(text: string): unknown {
  if (!text.startsWith('[')) return text.split(',').map((value) => value.trim())
  try {
    return JSON.parse(text)
  } catch {
    return text // For the schema to refuse, at its field.
  }
}

/**
 * The input that the form says. `before`: a source that had an empty list of roles, which no row can say, keeps it.
 * `placeOf`: where a path of the input stands in the form.
 */
export function apiSaid(
  fields: readonly Field[],
  form: URLSearchParams,
  { before, sources }: { readonly before?: Api; readonly sources: readonly NamedSource[] },
): { readonly input: unknown; readonly strayRoles: readonly string[]; placeOf(path: string): string } {
  const { source_roles, rate_limit, ...said } = inputFrom(fields, form)
  const given = listOf(source_roles)
  const idOf = new Map(sources.flatMap(({ id, alias }) => [[alias, id] as const, [id, id] as const]))
  const isSame = (one: unknown, other: unknown) =>
    one === other || (idOf.has(String(one)) && idOf.get(String(one)) === idOf.get(String(other)))
  const accepted = listOf(said.authentication_sources)
  const limit = isRecord(rate_limit) ? rate_limit : {}
  const headers = Array.isArray(said.identity_headers) ? said.identity_headers : []
  const input = {
    ...said,
    rate_limit: limit.requests === undefined && limit.window === undefined ? null : limit,
    identity_headers: headers.length === identityHeaders.length ? null : headers,
    claims: listOf(said.claims).map((rule) => ({ ...rule, values: valuesIn(String(rule.values ?? '')) })),
    mask: listOf(said.mask).map((mask) => (mask.with === emptyText ? { ...mask, with: '' } : mask)),
    authentication_sources: accepted.map(({ source, sunset }) => {
      const own = given.filter((row) => isSame(row.source, source)).map(({ source: _, ...row }) => row)
      const had = before?.authenticationSources.find(({ sourceId }) => isSame(sourceId, source))?.roles
      return {
        source,
        roles: own.length > 0 ? own : had?.length === 0 ? [] : null,
        ...(sunset !== undefined && {
          sunset: /^\d{4}-\d\d-\d\d$/.test(String(sunset)) ? `${sunset}T00:00:00Z` : sunset,
        }),
      }
    }),
  }
  const strayRoles = given.flatMap((row, index) =>
    accepted.some(({ source }) => isSame(row.source, source)) ? [] : [`source_roles.${index}.source`],
  )
  /** The roles of the source in that row, by their own rows. */
  const rowsOf = (row: number) =>
    given.flatMap(({ source }, index) => (isSame(source, accepted[row]?.source) ? [index] : []))
  const placeOf = (path: string) =>
    path.replace(
      /^authentication_sources\.(\d+)\.roles\.(\d+)/,
      (_, row, role) => `source_roles.${rowsOf(Number(row))[Number(role)] ?? 0}`,
    )
  return { input, strayRoles, placeOf }
}

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isRecord) : []

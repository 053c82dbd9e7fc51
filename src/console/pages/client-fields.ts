/** The fields of a client's forms, from the schema that the admin API validates with, and what a form says of a client. */
import type { Field } from '#views/console/form.ts'
import type { ConsoleWords } from '#views/words/console.ts'
import type { Api, ApiStore } from '../../apis/api.ts'
import type { Client } from '../../clients/client.ts'
import { ClientInput, clientInput } from '../../clients/client-input.ts'
import type { ClientKind } from '../../clients/kinds.ts'
import { signInProblem } from '../../connector.ts'
import { invalidInput } from '../../input.ts'
import type { Source, SourceStore } from '../../sources/source.ts'
import { type FieldWords, fieldsOf, inputFrom } from '../forms.ts'

/** In a list of those that are allowed: all there are, and all there will be. */
const any = '*'
/** More of them are no longer ticked but written. */
const ticked = 30

/** Fields that come more than once. */
export const clientLists = ['grant_types', 'allowed_sources', 'resource_server.apis']

const groups = {
  general: ['client_name', 'client_id', 'first_party'],
  addresses: [
    ...['redirect_uris', 'post_logout_redirect_uris', 'web_origins'],
    ...['backchannel_logout_uri', 'backchannel_logout_session_required'],
  ],
  rights: ['allowed_sources', 'grant_types', 'scope', 'token_profile', 'resource_server.apis'],
  proof: [
    ...['application_type', 'token_endpoint_auth_method', 'require_pkce', 'jwks_uri', 'jwks'],
    ...['dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens'],
  ],
  further: [
    ...['client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'contacts', 'initiate_login_uri', 'default_max_age'],
    ...['require_auth_time', 'token_endpoint_auth_signing_alg', 'id_token_signed_response_alg'],
  ],
} as const

/** What an application says of its own client. */
const ofApplication: ReadonlySet<string> = new Set([
  ...['client_name', 'redirect_uris', 'post_logout_redirect_uris', 'web_origins'],
])

/** What administrators choose from. */
export interface Choices {
  readonly sources: readonly Pick<Source, 'id' | 'alias' | 'name'>[]
  readonly moreSources: boolean
  readonly apis: readonly Pick<Api, 'id' | 'name'>[]
  readonly moreApis: boolean
}

export async function choicesFrom(sources: Pick<SourceStore, 'list'>, apis: Pick<ApiStore, 'list'>): Promise<Choices> {
  const [some, offered] = await Promise.all([sources.list({ limit: ticked }), apis.list({ limit: ticked })])
  return {
    sources: some.items.filter((source) => signInProblem(source) === undefined),
    moreSources: some.next !== null,
    apis: offered.items,
    moreApis: offered.next !== null,
  }
}

interface Wishes {
  /** What there is; `undefined`: a new client. */
  readonly client: Client | undefined
  readonly belongsToApplication: boolean
  /** People sign in with it. */
  readonly signsIn: boolean
  /** Of the console's own client, only who may come in is to be decided. */
  readonly onlySources: boolean
}

export function clientFields(words: ConsoleWords, choices: Choices, { client, ...wishes }: Wishes) {
  const { clients: own } = words
  const all = fieldsOf(ClientInput, {
    words: own.fields,
    options: {
      application_type: (['web', 'native'] as const).map((value) => ({ value, text: own.runsAs[value] })),
      token_profile: (['broker', 'rfc9068'] as const).map((value) => ({ value, text: own.profiles[value] })),
    },
  }).map((field): Field => {
    if (field.name === 'allowed_sources' && !choices.moreSources)
      return {
        ...field,
        kind: 'choices',
        options: [
          { value: any, text: own.anySource },
          ...choices.sources.map(({ id, name, alias }) => ({ value: id, text: `${name} (${alias})` })),
        ],
      }
    if (field.name === 'scope') return { ...field, kind: 'text' }
    if (field.name === 'redirect_uris')
      return { ...field, required: wishes.signsIn, fixed: wishes.belongsToApplication }
    return { ...field, fixed: wishes.belongsToApplication && ofApplication.has(field.name) }
  })
  const standsFor: Field = {
    name: 'resource_server.apis',
    kind: choices.moreApis ? 'lines' : 'choices',
    required: false,
    ...named(own.fields['resource_server.apis'], 'resource_server.apis'),
    options: [{ value: any, text: own.everyApi }, ...choices.apis.map(({ id, name }) => ({ value: id, text: name }))],
  }
  const jwks: Field = { ...named(own.fields.jwks, 'jwks'), name: 'jwks', kind: 'json', required: false }
  const known = [standsFor, jwks, ...all]
  const those = (names: readonly string[]): readonly Field[] =>
    names.flatMap((name) => (client && name === 'client_id' ? [] : (known.find((field) => field.name === name) ?? [])))
  const grouped = wishes.onlySources
    ? [{ fields: those(['allowed_sources']) }]
    : [
        { title: own.general, fields: those(groups.general) },
        { title: own.addresses, fields: those(groups.addresses), folded: !wishes.signsIn },
        { title: own.rights, fields: those(groups.rights) },
        { title: own.proof, fields: those(groups.proof) },
        { title: own.further, fields: those(groups.further), folded: true },
      ]
  return { groups: grouped, fields: grouped.flatMap(({ fields }) => fields) }
}

const named = (words: FieldWords[string], name: string) => ({
  label: words?.label ?? name,
  ...(words?.help !== undefined && { help: words.help }),
})

/** What the form shows of a client. */
export const shownClient = (input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...input,
  allowed_sources: input.allowed_sources ?? [any],
  resource_server: { apis: apisIn(input.resource_server) },
})

function apisIn(resourceServer: unknown): unknown {
  if (typeof resourceServer !== 'object' || resourceServer === null || !('apis' in resourceServer)) return []
  return resourceServer.apis === any ? [any] : resourceServer.apis
}

/** What the form says of the client, as the admin API takes it; of what it does not ask, what is there now. */
export function clientFrom(
  words: ConsoleWords,
  fields: readonly Field[],
  form: URLSearchParams,
  before: Client | undefined,
): Readonly<Record<string, unknown>> {
  const { resource_server, ...said } = inputFrom(fields, form)
  const asks = (name: string) => fields.some((field) => field.name === name)
  const { response_types: _, ...kept } = before ? clientInput(before) : { response_types: undefined }
  const left = Object.fromEntries(Object.entries(kept).filter(([name]) => !asks(name)))
  const sources = withAny(said.allowed_sources, 'allowed_sources', words.clients.notBoth)
  const apis = withAny(apisIn(resource_server), 'resource_server.apis', words.clients.notBothApis)
  return {
    ...left,
    ...said,
    ...(asks('allowed_sources') && { allowed_sources: sources === any ? null : sources }),
    ...(asks('resource_server.apis') && { resource_server: apis.length === 0 ? null : { apis } }),
  }
}

function withAny(given: unknown, path: string, message: string): readonly string[] | typeof any {
  const chosen = Array.isArray(given) ? given.map(String) : []
  if (!chosen.includes(any)) return chosen
  if (chosen.length > 1) throw invalidInput([{ path, message }])
  return any
}

/** What a client of the kind begins with. */
export const presets: Readonly<Record<ClientKind, Readonly<Record<string, unknown>>>> = {
  web: {
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_basic',
  },
  single_page: { grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' },
  native: {
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  },
  machine: { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic' },
  resource_server: {
    grant_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
    resource_server: { apis: any },
  },
}

/** What every new one begins with. */
export const beginning = { first_party: true, require_pkce: true, application_type: 'web', token_profile: 'broker' }

import type { Context } from 'koa'
import { z } from 'zod'
import { type Expiry, sourceTypes } from '../connector.ts'
import { parseInput } from '../input.ts'
import { rightToSource } from '../roles/changes.ts'
import type { Source } from '../sources/source.ts'
import { SourceInput, sourceInput } from '../sources/source-input.ts'
import type { SourceDraft, Sources } from '../sources/sources.ts'
import type { SourceStatus } from '../sources/status.ts'
import type { Authorise } from './authorise.ts'
import { iso, type Resource } from './collection.ts'
import type { Described } from './collection-operations.ts'
import { exampleIds, moments } from './examples.ts'
import { isObject, mergePatch } from './merge-patch.ts'
import type { Mount, Writing } from './operation.ts'
import { writeConfigs } from './source-configs.ts'

interface Needs {
  readonly issuer: string
  readonly sources: Sources
}

/** What is registered at an upstream that browsers are sent to. */
const addresses = {
  callback_url: 'callback',
  post_logout_url: 'logged-out',
  backchannel_logout_url: 'backchannel-logout',
}

const users = z.array(z.strictObject({ id: z.uuid(), name: z.string() }))

const described: Described = {
  name: 'AuthenticationSource',
  one: 'an authentication source',
  many: 'authentication sources',
  shown: z.strictObject({
    id: z.uuid(),
    ...SourceInput.shape,
    callback_url: z.url().optional().describe('The redirect URI to register at the identity provider.'),
    post_logout_url: z.url().optional().describe('The post-logout redirect URI to register there.'),
    backchannel_logout_url: z.url().optional().describe('The back-channel logout URI to register there.'),
    usage: z.strictObject({ apis: users, portals: users }).describe('What would be hurt if it went away.'),
    status: z
      .strictObject({
        last_success: z.iso.datetime().nullable(),
        last_failure: z.strictObject({ at: z.iso.datetime(), reason: z.string() }).nullable(),
        expiries: z
          .array(z.strictObject({ what: z.string(), expires_at: z.iso.datetime() }))
          .optional()
          .describe('What in its config is good for a time only: a client secret, the certificates of authorities.'),
      })
      .describe('How sign-ins through it went lately.'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
  inUse: true,
  example: {
    id: exampleIds.source,
    input: {
      alias: 'Okta',
      name: 'Corporate Okta',
      type: 'oidc',
      config: {
        issuer: 'https://acme.okta.com',
        client_id: '0oa1',
        client_secret: 'change me',
        scopes: ['openid', 'profile', 'email', 'groups'],
      },
      mapping: {
        groups: { claim: 'groups', filter: 'Consultant|Staff' },
        roles: [{ when_group: 'Consultant', role: 'consultant' }],
      },
      domains: ['acme.com'],
    },
    patch: { mapping: { trust_email: true }, hidden: true },
    shown: {
      config: {
        issuer: 'https://acme.okta.com',
        client_id: '0oa1',
        token_endpoint_auth_method: 'client_secret_basic',
        scopes: ['openid', 'profile', 'email', 'groups'],
      },
      ...Object.fromEntries(
        Object.entries(addresses).map(([name, path]) => [name, `http://localhost:3000/broker/Okta/${path}`]),
      ),
      usage: { apis: [], portals: [] },
      status: { last_success: null, last_failure: null },
      ...moments,
    },
  },
}

/** The collection `authentication-sources`. Secrets are written and never shown. */
export const authenticationSources = ({ issuer, sources }: Needs): Resource<Source, typeof SourceInput> => ({
  path: 'authentication-sources',
  described: { ...described, written: writeConfigs(sources.types) },
  input: SourceInput,
  readOnly: ['id', ...Object.keys(addresses), 'usage', 'status', 'created_at', 'updated_at'],
  right: (before, next) => rightToSource(before && sourceInput(before), next),
  list: sources.list,
  get: sources.get,
  create: sources.create,
  replace: sources.replace,
  remove: sources.remove,
  identify: (source) => source,
  inputOf: sourceInput,
  patch: patched,

  view(source) {
    const { alias, type, createdAt, updatedAt } = source
    const shown = sources.kindOf(type) === 'redirect' ? Object.entries(addresses) : []
    return {
      id: source.id,
      ...sourceInput(source),
      ...Object.fromEntries(
        shown.map(([name, path]) => [name, `${issuer}/broker/${encodeURIComponent(alias)}/${path}`]),
      ),
      created_at: iso(createdAt),
      updated_at: iso(updatedAt),
    }
  },

  async further(items) {
    const ids = items.map(({ id }) => id)
    const [usage, status] = await Promise.all([sources.usage(ids), sources.status(ids)])
    return items.map((source) => ({
      usage: usage.get(source.id),
      status: { ...statusView(status.get(source.id)), ...expiriesView(sources.expiries(source)) },
    }))
  },
})

const expiriesView = (expiries: readonly Expiry[]) =>
  expiries.length > 0 && { expiries: expiries.map(({ what, expiresAt }) => ({ what, expires_at: iso(expiresAt) })) }

const statusView = ({ lastSuccess, lastFailure }: SourceStatus = { lastSuccess: null, lastFailure: null }) => ({
  last_success: lastSuccess === null ? null : iso(lastSuccess),
  last_failure: lastFailure && { at: iso(lastFailure.at), reason: lastFailure.reason },
})

/** A secret is not in what is patched; `null` for it must not be lost, because it removes the secret. */
function patched(before: Source, patch: unknown): unknown {
  const merged = mergePatch(sourceInput(before), patch)
  if (!isObject(patch) || !isObject(patch.config) || !isObject(merged) || !isObject(merged.config)) return merged
  const removed = Object.entries(patch.config).filter(
    ([name, value]) => value === null && before.secretNames.includes(name),
  )
  return { ...merged, config: { ...merged.config, ...Object.fromEntries(removed) } }
}

// A draft may say everything a source may, and need not be complete.
const Draft = z.object({
  id: z.string().optional(),
  alias: z.string().optional(),
  type: z.enum(sourceTypes),
  config: z.record(z.string(), z.unknown()).default({}),
})

const testResult = {
  name: 'TestResult',
  schema: z.union([
    z.strictObject({ ok: z.literal(true) }),
    z.strictObject({
      ok: z.literal(false),
      problem: z.looseObject({ code: z.string(), detail: z.string() }).describe('Which code, and what happened.'),
    }),
  ]),
  example: { ok: false, problem: { code: 'UNKNOWN_HOST', detail: 'getaddrinfo ENOTFOUND acme.okta.com' } },
}

/** POST authentication-sources/test for a draft, and authentication-sources/{id}/test for one that is there. */
export function mountSourceTest(mount: Mount, sources: Sources, authorise: Authorise): void {
  const answer = async (ctx: Context, draft: SourceDraft) => {
    // Whoever names the address that a secret is sent to can read it.
    if (await sources.movesSecrets(draft)) await authorise(ctx, 'administer')
    const result = await sources.test(draft)
    ctx.body = result.ok ? { ok: true } : { ok: false, problem: result.problem }
  }
  const write = writeConfigs(sources.types)
  const asDraft: Writing = (schema, _, keep) => write(schema, 'draft', keep)
  const { type, config } = described.example.input as Pick<SourceInput, 'type' | 'config'>
  const common = {
    tag: 'authentication-sources',
    method: 'post',
    right: 'edit',
    description:
      'Reaches out as a login would, without a person. What is wrong is told with status 200. To have secrets that are kept here sent according to another config needs the role admin.',
    answer: { status: 200, is: 'How it went', shape: testResult },
  } as const

  mount(
    {
      ...{ ...common, id: 'testDraft', path: '/authentication-sources/test' },
      summary: 'Try the connection of a source out before it is kept',
      body: {
        schema: Draft,
        described: { name: 'AuthenticationSourceDraft', schema: Draft, written: asDraft },
        example: { type, config },
      },
    },
    async (ctx, { body }) => {
      await answer(ctx, body)
    },
  )

  mount(
    {
      ...{ ...common, id: 'testAuthenticationSource', path: '/authentication-sources/:id/test' },
      parameters: { id: { is: 'Which authentication source', example: exampleIds.source } },
      summary: 'Try the connection of a source out that is there',
      body: {
        schema: z.record(z.string(), z.unknown()),
        described: {
          name: 'AuthenticationSourceChange',
          schema: Draft.partial(),
          written: (schema, _, keep) => write(schema, 'patch', keep),
        },
        ...{ optional: true, example: { config: { ...config, issuer: 'https://acme.okta-emea.com' } } },
      },
    },
    async (ctx, { body }) => {
      const source = await sources.get(ctx.params.id ?? '')
      const { type, config } = parseInput(Draft, { ...Object(patched(source, body)), type: source.type })
      await answer(ctx, { id: source.id, type, config })
    },
  )
}

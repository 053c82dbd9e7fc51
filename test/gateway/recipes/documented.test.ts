/**
 * Traefik and Envoy, which Debian does not have: their files are read as YAML, and the broker is asked what these
 * programs ask with them, as their documentation has it (forwardAuth; ext_authz over HTTP).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { identityHeaders } from '../../../src/apis/api-rules.ts'
import { breakableStores } from '../../support/breakable.ts'
import type { Json } from '../../support/broker.ts'
import { createHolder } from '../../support/dpop.ts'
import { type GatewayWorld, secret, startGateway } from '../start-gateway.ts'
import { recipeFile } from './recipe.ts'

const stores = breakableStores()
const host = 'api.example.com'
let world: GatewayWorld
let rene: string
let john: string
let api: string

beforeAll(async () => {
  world = await startGateway({ parts: { openStores: stores.open } })
  rene = (await world.login('rene')).access_token
  john = (await world.login('john')).access_token
  const clients = [world.client.id]
  api = (
    await world.broker.created('apis', {
      name: 'P',
      slug: 'patients',
      hosts: [host],
      path_prefix: '/patients',
      clients,
    })
  ).id
}, 60_000)
afterAll(async () => world?.[Symbol.asyncDispose]())

interface Came {
  readonly method?: string
  readonly target?: string
  /** Names and values in turn. */
  readonly headers?: readonly string[]
}

const bearer = (token: string) => ['Authorization', `Bearer ${token}`]
const names = [...identityHeaders, 'mask'].map((name) => `x-auth-${name}`)
const pairs = (flat: readonly string[]) =>
  flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : []))

const Router = z.strictObject({
  rule: z.string(),
  entryPoints: z.array(z.string()),
  middlewares: z.array(z.string()),
  service: z.string(),
})
const TraefikHeaders = z.strictObject({
  headers: z.strictObject({ customRequestHeaders: z.record(z.string(), z.string()) }),
})
const servers = (of: z.ZodArray<z.ZodType>) => z.object({ loadBalancer: z.object({ servers: of }) })
const duration = z.string().regex(/^\d+m?s$/)
const TraefikFile = z.strictObject({
  http: z.strictObject({
    routers: z.strictObject({ 'patient-api': Router, 'gatehouse-check': Router }),
    services: z.strictObject({
      gatehouse: servers(z.array(z.strictObject({ url: z.url() })).min(1)).extend({
        loadBalancer: z.strictObject({
          serversTransport: z.literal('gatehouse'),
          servers: z.array(z.strictObject({ url: z.url() })).min(1),
        }),
      }),
      nobody: servers(z.array(z.unknown()).length(0)),
      'patient-api': z.strictObject({
        loadBalancer: z.strictObject({
          passHostHeader: z.literal(true),
          servers: z.array(z.strictObject({ url: z.url() })).min(1),
        }),
      }),
    }),
    serversTransports: z.strictObject({
      gatehouse: z.strictObject({
        maxIdleConnsPerHost: z.int(),
        forwardingTimeouts: z.strictObject({ dialTimeout: duration, responseHeaderTimeout: duration }),
      }),
    }),
    middlewares: z.strictObject({
      'gatehouse-away': z.strictObject({
        errors: z.strictObject({
          status: z.array(z.string().regex(/^\d{3}(-\d{3})?$/)),
          statusRewrites: z.record(z.string().regex(/^\d{3}(-\d{3})?$/), z.int()),
          service: z.string(),
          query: z.string(),
        }),
      }),
      'gatehouse-again': z.strictObject({ retry: z.strictObject({ attempts: z.int() }) }),
      'gatehouse-secret': TraefikHeaders,
      gatehouse: z.strictObject({
        forwardAuth: z.strictObject({
          address: z.url(),
          trustForwardHeader: z.literal(false),
          authResponseHeadersRegex: z.string(),
        }),
      }),
      'api-headers': TraefikHeaders,
    }),
  }),
})
const TraefikStart = z.strictObject({
  entryPoints: z.strictObject({
    web: z.strictObject({ address: z.string() }),
    check: z.strictObject({
      address: z.string(),
      forwardedHeaders: z.strictObject({ trustedIPs: z.tuple([z.literal('127.0.0.1/32')]) }),
    }),
  }),
  providers: z.strictObject({ file: z.strictObject({ filename: z.string() }) }),
})

const StringMatcher = z.union([
  z.strictObject({ exact: z.string(), ignore_case: z.literal(true) }),
  z.strictObject({ prefix: z.string(), ignore_case: z.literal(true) }),
  z.strictObject({ safe_regex: z.object({ regex: z.string() }) }),
])
const ExtAuthz = z.object({
  transport_api_version: z.literal('V3'),
  failure_mode_allow: z.literal(false),
  status_on_error: z.object({ code: z.literal('ServiceUnavailable') }),
  allowed_headers: z.object({ patterns: z.array(StringMatcher) }),
  http_service: z.object({
    path_prefix: z.string(),
    server_uri: z.object({ uri: z.url(), cluster: z.string(), timeout: z.string() }),
    authorization_request: z.object({ headers_to_add: z.array(z.object({ key: z.string(), value: z.string() })) }),
    authorization_response: z.object({ allowed_upstream_headers: z.object({ patterns: z.array(StringMatcher) }) }),
  }),
})
const Filter = z.object({ name: z.string(), typed_config: z.record(z.string(), z.unknown()) })
const EnvoyFile = z.object({
  static_resources: z.object({
    listeners: z.tuple([
      z.object({
        filter_chains: z.tuple([
          z.object({
            filters: z.tuple([
              z.object({
                typed_config: z.object({
                  normalize_path: z.literal(false),
                  merge_slashes: z.literal(false),
                  path_with_escaped_slashes_action: z.literal('REJECT_REQUEST'),
                  common_http_protocol_options: z.object({
                    headers_with_underscores_action: z.literal('REJECT_REQUEST'),
                  }),
                  http_filters: z.array(Filter),
                }),
              }),
            ]),
          }),
        ]),
      }),
    ]),
    clusters: z.array(z.object({ name: z.string() })),
  }),
})

const matches = (patterns: readonly z.infer<typeof StringMatcher>[], name: string): boolean =>
  patterns.some((pattern) => {
    if ('exact' in pattern) return pattern.exact === name.toLowerCase()
    if ('prefix' in pattern) return name.toLowerCase().startsWith(pattern.prefix)
    // RE2, which matches the whole name and has its flags at the beginning.
    return new RegExp(`^${pattern.safe_regex.regex.replace('(?i)', '')}$`, 'i').test(name)
  })

async function traefik() {
  const { http } = TraefikFile.parse(
    parse(
      await recipeFile('traefik/gatehouse.yml', [
        ['X-Gatehouse-Gateway: ""\n          #', `X-Gatehouse-Gateway: ${secret}\n          #`],
      ]),
    ),
  )
  const { 'gatehouse-secret': first, gatehouse, 'api-headers': last } = http.middlewares
  const { address, authResponseHeadersRegex } = gatehouse.forwardAuth
  const pattern = new RegExp(authResponseHeadersRegex.replace('(?i)', ''), 'i')
  // An empty value takes the header away.
  const apply = (headers: readonly (readonly string[])[], custom: Readonly<Record<string, string>>) =>
    headers
      .filter(([name = '']) => !Object.keys(custom).some((own) => own.toLowerCase() === name.toLowerCase()))
      .concat(Object.entries(custom).filter(([, value]) => value !== ''))

  const start = TraefikStart.parse(parse(await recipeFile('traefik/traefik.yml')))
  return {
    http,
    start,
    order: http.routers['patient-api'].middlewares,
    async ask({ method = 'GET', target = '/patients/1', headers = [] }: Came) {
      const came = apply(pairs(headers), first.headers.customRequestHeaders)
      const question = came
        .filter(([name = '']) => !/^(connection|x-forwarded-.*)$/i.test(name))
        .concat([
          // Of the caller, and of Traefik, which the question goes through once more.
          ['X-Forwarded-For', '10.1.2.3, 127.0.0.1'],
          ['X-Forwarded-Method', method],
          ['X-Forwarded-Proto', 'http'],
        ])
        .concat([
          ['X-Forwarded-Host', host],
          ['X-Forwarded-Uri', target],
        ])
      const answer = await world.send(new URL(address).pathname, 'GET', ['Host', '127.0.0.1:3000', ...question.flat()])
      const set = Object.entries(answer.headers).filter(([name]) => pattern.test(name))
      const kept = came.filter(([name = '']) => !pattern.test(name))
      const onward = apply(
        [...kept, ...set.map(([name, value]) => [name, String(value)])],
        last.headers.customRequestHeaders,
      )
      return { ...answer, onward: onward.map(([name = '', value = '']) => [name.toLowerCase(), value] as const) }
    },
  }
}

async function envoy() {
  const { static_resources: file } = EnvoyFile.parse(
    parse(await recipeFile('envoy/envoy.yaml', [['value: none', `value: ${secret}`]])),
  )
  const manager = file.listeners[0].filter_chains[0].filters[0].typed_config
  const config = ExtAuthz.parse(manager.http_filters[1]?.typed_config)
  const Mutations = z.object({ mutations: z.object({ request_mutations: z.array(z.object({ remove: z.string() })) }) })
  const removed = Mutations.parse(manager.http_filters[0]?.typed_config).mutations.request_mutations.map(
    ({ remove }) => remove,
  )
  const {
    path_prefix: prefix,
    authorization_request: asks,
    authorization_response: back,
    server_uri: to,
  } = config.http_service

  return {
    filters: manager.http_filters.map(({ name }) => name),
    clusters: file.clusters.map(({ name }) => name),
    removed,
    timeout: to.timeout,
    cluster: to.cluster,
    async ask({ method = 'GET', target = '/patients/1', headers = [] }: Came) {
      const came = pairs(headers).filter(([name = '']) => !removed.includes(name.toLowerCase()))
      const question = came
        .filter(([name = '']) => name === 'Authorization' || matches(config.allowed_headers.patterns, name))
        .concat(asks.headers_to_add.map(({ key, value }) => [key, value]))
      const own = ['Host', host, 'Content-Length', '0']
      const answer = await world.send(`${prefix}${target}`, method, [...own, ...question.flat()])
      const set = Object.entries(answer.headers).filter(([name]) =>
        matches(back.allowed_upstream_headers.patterns, name),
      )
      const kept = came
        .map(([name = '', value = '']) => [name.toLowerCase(), value] as const)
        .filter(([name]) => name !== 'x-api-key' && !set.some(([own]) => own === name))
      return { ...answer, onward: [...kept, ...set.map(([name, value]) => [name, String(value)] as const)] }
    },
  }
}

describe.each([
  ['Traefik', traefik],
  ['Envoy', envoy],
] as const)('the recipe for %s', (name, open) => {
  it('lets the story through, and tells the API who calls', async () => {
    const gateway = await open()
    const answer = await gateway.ask({ headers: [...bearer(rene), 'X-API-Key', 'for-the-gateway'] })
    expect(answer.status).toBe(200)
    const onward = Object.fromEntries(answer.onward)
    expect(Object.keys(onward).sort()).toEqual(expect.arrayContaining([...names].sort()))
    expect(onward).toMatchObject({ 'x-auth-user': 'rene@acme.test', 'x-auth-groups': 'Everyone,Consultant' })
    expect(onward['x-auth-assertion']).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(JSON.stringify(onward)).not.toMatch(/for-the-gateway|a-gateway-secret/)
    expect(Object.fromEntries((await gateway.ask({ headers: bearer(john) })).onward)).toMatchObject({
      'x-auth-groups': 'Everyone,Staff',
    })
  })

  it('SEC-105 hands on what proves that a caller holds the key of their token', async () => {
    const gateway = await open()
    const holder = createHolder()
    const token = await world.boundToken(holder)
    const ask = (proof: string) =>
      gateway.ask({ headers: ['Authorization', `DPoP ${token}`, 'DPoP', proof, 'X-Forwarded-Proto', 'http'] })
    const at = (scheme: string) => holder.proof('GET', `${scheme}://${host}/patients/1`, { token })
    expect(await ask(at('https'))).toMatchObject({ status: 401, reason: 'dpop_proof_mismatch' })
    expect(await ask(at('http'))).toMatchObject({ status: 200 })
  })

  it('SEC-101 hands on no header of ours that the caller wrote, and refuses other spellings', async () => {
    const gateway = await open()
    const forged = names.flatMap((name) => [name, 'forged', name.toUpperCase(), 'forged twice'])
    const answer = await gateway.ask({ headers: [...bearer(rene), ...forged, 'X-Gatehouse-Gateway', 'forged'] })
    expect(answer.status).toBe(200)
    expect(JSON.stringify(answer.onward)).not.toContain('forged')
    for (const name of names) {
      for (const spelling of [name.replaceAll('-', '.'), name.replaceAll('-', '_'), name.replace('auth-', 'auth.')]) {
        const refused = await gateway.ask({ headers: [...bearer(rene), spelling, 'forged'] })
        expect(refused, spelling).toMatchObject({ status: 403, reason: 'identity_header_forged' })
      }
    }
  })

  it('SEC-102 asks about the request as it is, whatever the caller says about it', async () => {
    const gateway = await open()
    const lies = ['X-Forwarded-Uri', '/patients/1', 'X-Forwarded-Host', host, 'X-Original-URI', '/patients/1']
    expect(await gateway.ask({ target: '/other', headers: [...bearer(john), ...lies] })).toMatchObject({
      status: 403,
      reason: 'address_unknown',
    })
    expect((await gateway.ask({ headers: [...bearer(john), ...lies] })).status).toBe(200)
  })

  it.each([
    '/patients/../other',
    '/patients/..;/other',
    '/patients/%2e%2e/other',
    '/patients%2f1',
    '/patients//1',
    '//patients/1',
    '/../../token',
    '/patients\\1',
    '/patients/1#/../other',
    '/PATIENTS/1',
    '/other',
  ])('SEC-103 keeps out: %s', async (target) => {
    const refused = await (await open()).ask({ target, headers: bearer(john) })
    expect(refused).toMatchObject({ status: 403, reason: expect.stringMatching(/^address_/) })
  })

  it('says no in its kinds: nobody, an ID token, a revoked one, a scope that is missing', async () => {
    const gateway = await open()
    const nobody = await gateway.ask({})
    expect(nobody).toMatchObject({ status: 401, reason: 'token_missing' })
    expect(nobody.headers['www-authenticate']).toContain('/.well-known/oauth-protected-resource/patients')
    const { access_token, id_token, refresh_token } = await world.login('john')
    expect(await gateway.ask({ headers: bearer(id_token) })).toMatchObject({ status: 401, reason: 'token_type' })
    expect(await gateway.ask({ headers: [...bearer(access_token), ...bearer(rene)] })).toMatchObject({
      status: 401,
      reason: 'credentials_ambiguous',
    })
    const authorization = `Basic ${btoa(`${encodeURIComponent(world.client.id)}:${world.client.secret}`)}`
    await world.broker.post('/revoke', { token: refresh_token }, { authorization })
    expect(await gateway.ask({ headers: bearer(access_token) })).toMatchObject({ status: 401, reason: 'token_revoked' })

    const rule = (change: Json) => world.broker.admin('PATCH', `apis/${api}`, change, { 'if-match': '*' })
    await rule({ required_scopes: ['patients.read'] })
    const scope = await gateway.ask({ headers: bearer(rene) })
    await rule({ required_scopes: [] })
    expect(scope).toMatchObject({ status: 403, reason: 'insufficient_scope' })
    expect(scope.headers['www-authenticate']).toContain('scope="patients.read"')
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PURGE', 'PROPFIND'])(
    'checks a request with %s',
    async (method) => {
      const gateway = await open()
      expect((await gateway.ask({ method })).status).toBe(401)
      expect(await gateway.ask({ method, headers: bearer(rene) })).toMatchObject({
        status: 200,
        headers: { 'x-auth-user': 'rene@acme.test' },
      })
    },
  )

  it('SEC-106 hears 503 while the broker cannot tell', async () => {
    const gateway = await open()
    stores.cut()
    const answer = await gateway.ask({ headers: bearer(rene) }).finally(stores.mend)
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' }, reason: 'temporarily_unavailable' })
    expect(answer.headers['x-auth-user'], name).toBeUndefined()
  })
})

it('has the question of Traefik between taking away and handing on', async () => {
  expect((await traefik()).order).toEqual(['gatehouse-secret', 'gatehouse', 'api-headers'])
})

it('has Traefik put its question through a way of its own, where nobody who is not there is 503', async () => {
  const { http, start } = await traefik()
  const asked = new URL(http.middlewares.gatehouse.forwardAuth.address)
  expect(asked.host).toBe(start.entryPoints.check.address)
  const { rule, entryPoints, middlewares, service } = http.routers['gatehouse-check']
  expect(rule).toBe(`Path(\`${asked.pathname}\`)`)
  expect([entryPoints, middlewares, service]).toEqual([['check'], ['gatehouse-away', 'gatehouse-again'], 'gatehouse'])
  expect(http.routers['patient-api'].entryPoints).toEqual(['web'])
  // What Traefik answers for a service that it does not reach, or that is silent; the broker's own 503 stays as it is.
  const { status, statusRewrites, service: page } = http.middlewares['gatehouse-away'].errors
  expect(status).toEqual(['502', '504'])
  expect(statusRewrites).toEqual({ 502: 503, 504: 503 })
  expect(http.services).toHaveProperty(page)
  expect(http.middlewares['gatehouse-again'].retry.attempts).toBe(2)
})

it('has Envoy take our headers away before it asks, and wait for a bounded time', async () => {
  const { filters, removed, clusters, cluster, timeout } = await envoy()
  expect(filters.map((name) => name.replace('envoy.filters.http.', ''))).toEqual([
    'header_mutation',
    'ext_authz',
    'router',
  ])
  expect(removed).toEqual(expect.arrayContaining(names))
  expect(clusters).toContain(cluster)
  expect(timeout).toBe('5s')
})

/**
 * The recipes of examples/gateways with this installation's values in: the very files that the tests start gateways
 * with, so what is copied from here is what was tried.
 */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'

const files = {
  nginx: ['nginx/gatehouse.conf'],
  caddy: ['caddy/Caddyfile'],
  haproxy: ['haproxy/haproxy.cfg', 'haproxy/gatehouse.lua', 'haproxy/fetch-keys.mjs'],
  apache: ['apache/resource-server.conf', 'apache/introspection.conf', 'apache/relying-party.conf'],
  traefik: ['traefik/gatehouse.yml'],
  envoy: ['envoy/envoy.yaml'],
} as const

export const gateways = ['nginx', 'caddy', 'haproxy', 'apache', 'traefik', 'envoy'] as const
export type Gateway = (typeof gateways)[number]

export interface RecipeValues {
  readonly issuer: string
  /** `host:port` at which the gateway reaches the broker. */
  readonly broker: string
  /** `host:port` at which the gateway reaches the API. */
  readonly backend: string
  /** Of the API, as callers write it, with a port where it names one. */
  readonly host: string
  readonly pathPrefix: string
  readonly name: string
  readonly slug: string
  /** What the `aud` of a token for it is; `undefined`: nothing yet. */
  readonly audience: string | undefined
}

export interface Recipe {
  readonly file: string
  readonly text: string
}

const folder = join(import.meta.dirname, '..', '..', 'examples', 'gateways')

export const recipesFor = (gateway: Gateway, values: RecipeValues): Promise<readonly Recipe[]> =>
  Promise.all(
    files[gateway].map(async (name) => ({
      file: name.slice(name.indexOf('/') + 1),
      text: withValues(await readFile(join(folder, name), 'utf8'), values),
    })),
  )

/** Of a file of examples/gateways. What nobody but the reader knows, such as secrets, stays as it is there. */
export function withValues(template: string, values: RecipeValues): string {
  const { issuer, broker, backend, slug, audience } = values
  const base = new URL(issuer).pathname.replace(/\/$/, '')
  const [, host = values.host, port] = /^(.*):(\d+)$/.exec(values.host) ?? []
  const [brokerHost, brokerPort] = splitAddress(broker)
  const [backendHost, backendPort] = splitAddress(backend)
  const name = values.name.replaceAll(/\p{Cc}/gu, ' ')
  const isNamed = isIP(brokerHost) === 0 || isIP(backendHost) === 0
  const path = values.pathPrefix
  const filled: readonly (readonly [RegExp, string])[] = [
    [/aud:patients\b/g, `aud:${audience ?? '<client_id>'}`],
    // Envoy: the prefix must not end with a slash, and what YAML could read otherwise stands in quotes.
    [
      /\{ path_separated_prefix: \/patients \}/g,
      path === '/' ? '{ prefix: / }' : `{ path_separated_prefix: ${yaml(path)} }`,
    ],
    [/\/patients\b/g, path],
    [/address: 127\.0\.0\.1, port_value: 3000\b/g, `address: ${brokerHost}, port_value: ${brokerPort}`],
    [/address: 127\.0\.0\.1, port_value: 3003\b/g, `address: ${backendHost}, port_value: ${backendPort}`],
    [/type: STATIC\b/g, isNamed ? 'type: STRICT_DNS' : 'type: STATIC'],
    [/127\.0\.0\.1:3003\b/g, backend],
    [/127\.0\.0\.1:3000\b/g, broker],
    [/http:\/\/localhost:3000\b/g, issuer],
    [/\/verify\//g, `${base}/verify/`],
    [/\b(?:api|app)\.example\.com\b/g, host],
    [/\b(?:api|app)\\\.example\\\.com\b/g, host.replaceAll('.', '\\.')],
    ...(port === undefined ? [] : [[/\b8080\b/g, port] as const]),
    [/\bpatient_api\b/g, `${slug.replaceAll('-', '_')}_api`],
    [/\bpatient-api\b/g, `${slug}-api`],
    [/\bthe Patient API\b/g, name],
  ]
  // In one go, so that nothing that was filled in is taken for something to be filled in.
  const any = new RegExp(filled.map(([pattern]) => `(${pattern.source})`).join('|'), 'g')
  return template.replaceAll(any, (whole: string, ...groups: readonly unknown[]) => {
    const [, value = whole] = filled[groups.indexOf(whole)] ?? []
    return value
  })
}

const yaml = (path: string): string => (/^[\w/.-]+$/.test(path) ? path : JSON.stringify(path))

function splitAddress(address: string): readonly [host: string, port: string] {
  const [, host = address, port = '80'] = /^(.*):(\d+)$/.exec(address) ?? []
  return [host.replace(/^\[|\]$/g, ''), port]
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RecipeValues, withValues } from '../../src/console/recipes.ts'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import type { Shown } from '../support/pages.ts'

const files = {
  nginx: ['nginx/gatehouse.conf'],
  caddy: ['caddy/Caddyfile'],
  haproxy: ['haproxy/haproxy.cfg', 'haproxy/gatehouse.lua', 'haproxy/fetch-keys.mjs'],
  apache: ['apache/resource-server.conf', 'apache/introspection.conf', 'apache/relying-party.conf'],
  traefik: ['traefik/gatehouse.yml'],
  envoy: ['envoy/envoy.yaml'],
}
const templateOf = (name: string) => readFileSync(join(import.meta.dirname, '../../examples/gateways', name), 'utf8')

let broker: TestBroker
let id: string
beforeAll(async () => {
  broker = await startTestBroker({ path: '/auth' })
  const api = await broker.created('apis', {
    ...{ name: 'Laboratory', slug: 'lab-results', hosts: ['lab.hospital.test:8443'], path_prefix: '/results/v2' },
    audience: 'https://lab.hospital.test/results',
  })
  id = api.id
})
afterAll(() => broker[Symbol.asyncDispose]())

const unescaped = (text: string) => text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
const recipesIn = ({ text }: Shown) =>
  [...text.matchAll(/<code id="recipe-\d+">([^<]*)<\/code>/g)].map(([, recipe = '']) => unescaped(recipe))

describe('the recipes of an API', () => {
  it.each(Object.entries(files))(
    'for %s are the files that are tried, with this installation’s values',
    async (gateway, names) => {
      const { page } = await enterConsole(
        broker,
        `/admin/apis/${id}/recipes?gateway=${gateway}&broker=10.0.0.5:3000&backend=10.0.0.9:9000`,
      )
      const { issuer } = broker.config
      const filled = (name: string) =>
        [
          ['aud:patients', 'aud:https://lab.hospital.test/results'],
          ['127.0.0.1, port_value: 3000', '10.0.0.5, port_value: 3000'],
          ['127.0.0.1, port_value: 3003', '10.0.0.9, port_value: 9000'],
          ['127.0.0.1:3003', '10.0.0.9:9000'],
          ['127.0.0.1:3000', '10.0.0.5:3000'],
          ['http://localhost:3000', issuer],
          ['/verify/', '/auth/verify/'],
          ['/patients', '/results/v2'],
          ['api.example.com', 'lab.hospital.test'],
          ['app.example.com', 'lab.hospital.test'],
          ['app\\.example\\.com', 'lab\\.hospital\\.test'],
          ['8080', '8443'],
          ['patient_api', 'lab_results_api'],
          ['patient-api', 'lab-results-api'],
          ['the Patient API', 'Laboratory'],
        ].reduce((text, [from = '', to = '']) => text.replaceAll(from, to), templateOf(name))
      expect(recipesIn(page)).toEqual(names.map(filled))
      for (const recipe of recipesIn(page)) expect(recipe).not.toMatch(/example\.com|patients|localhost:3000/)
      expect(page.text).toContain('data-copy="recipe-0"')
    },
  )

  it('begin with what is near at hand, say what is no address, and tell the values for gateways that only have keys', async () => {
    const { page, open } = await enterConsole(broker, `/admin/apis/${id}/recipes`)
    const { port } = broker.config.listen
    expect(recipesIn(page)[0]).toContain(`server 127.0.0.1:${port} max_fails=0;`)
    expect(page.text).toContain(`${broker.config.issuer}/verify/nginx`)
    const wrong = await open(`/admin/apis/${id}/recipes?broker=${encodeURIComponent('x;evil')}`)
    expect(wrong.text).toContain('id="field-broker-wrong"')
    expect(recipesIn(wrong)[0]).not.toContain('evil')
    const jwks = await open(`/admin/apis/${id}/recipes?gateway=jwks`)
    for (const value of [`${broker.config.issuer}/jwks`, 'https://lab.hospital.test/results'])
      expect(jwks.text).toContain(`>${value}<`)
  })

  it('are found from the list of APIs', async () => {
    const { page } = await enterConsole(broker, '/admin/recipes?q=labor')
    expect(page.text).toContain(`href="/auth/admin/apis/${id}/recipes"`)
  })
})

describe('a recipe', () => {
  const values: RecipeValues = {
    ...{ issuer: 'https://id.example.net', broker: 'id.internal:3000', backend: '127.0.0.1:8080' },
    ...{ host: 'one.example.net:8443', pathPrefix: '/', name: 'One\nserver evil', slug: 'one', audience: undefined },
  }

  it('for Envoy has no path that ends with a slash, nor a name where an address is needed', () => {
    const text = withValues(templateOf('envoy/envoy.yaml'), values)
    expect(text).toContain('match: { prefix: / }')
    expect(text).toContain('type: STRICT_DNS')
    expect(text).not.toContain('type: STATIC')
    expect(withValues(templateOf('envoy/envoy.yaml'), { ...values, pathPrefix: '/a,b' })).toContain(
      '{ path_separated_prefix: "/a,b" }',
    )
  })

  it('is not changed again where a value looks like a part of it, and has no line of a name’s', () => {
    const text = withValues(templateOf('nginx/gatehouse.conf'), values)
    expect(text).toContain('server 127.0.0.1:8080;')
    expect(text).toContain('listen 127.0.0.1:8443;')
    expect(text).not.toMatch(/^server evil/m)
  })
})

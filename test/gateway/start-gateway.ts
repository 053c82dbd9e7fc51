/** A broker with the story's people, and the hands of a gateway that asks it. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { basic, type Json, type Options, startTestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import type { Holder } from '../support/dpop.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

export const secret = 'a-gateway-secret-that-is-long-enough'

/** Names and values in turn, as they go over the wire: so that one can come twice. */
type Headers = readonly string[]

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly reason: string | undefined
  readonly body: Json
}

export interface Question {
  readonly host?: string
  readonly target?: string
  readonly method?: string
  readonly headers?: Headers
  readonly dialect?: 'nginx' | 'forwarded' | 'envoy'
  /** Another node than the first. */
  readonly node?: URL | undefined
}

export const bearer = (token: string): Headers => ['Authorization', `Bearer ${token}`]

export type GatewayWorld = Awaited<ReturnType<typeof startGateway>>

export async function startGateway(options: Options = {}) {
  await using opened = new AsyncDisposableStack()
  const upstream = opened.use(await startUpstream({ users: { rene, john } }))
  const settings = { gateway: { secrets: ['another-secret-that-is-not-sent-here', secret] }, ...options.settings }
  const broker = opened.use(await startTestBroker({ ...options, settings }))
  const source = await broker.addSource(upstream, {
    mapping: {
      roles: [
        { when_group: 'Staff', role: 'nurse' },
        { role: 'reader', client: 'https://api.example/roles' },
      ],
    },
  })
  const client = await broker.addClient()

  async function login(name: 'rene' | 'john', as: TestClient = client, params: Readonly<Record<string, string>> = {}) {
    upstream.signInAs(name)
    const visitor = createVisitor()
    const { tokens } = await broker.login(as, { visitor, params: { idp_hint: 'Okta', ...params } })
    return tokens
  }

  /** An access token that is bound to the key of somebody who has proven to hold it. */
  async function boundToken(holder: Holder): Promise<string> {
    upstream.signInAs('rene')
    const { answer, verifier } = await broker.authorize(createVisitor(), client, { idp_hint: 'Okta' })
    const form = { grant_type: 'authorization_code', code: answer.code ?? '', redirect_uri: client.redirectUri }
    const headers = { ...basic(client), dpop: holder.proof('POST', `${broker.issuer}/token`) }
    const told = await broker.post('/token', { ...form, code_verifier: verifier }, headers)
    return ((await told.json()) as Tokens).access_token
  }

  async function machineToken(of: TestClient): Promise<string> {
    const basic = `Basic ${Buffer.from(`${encodeURIComponent(of.id)}:${of.secret}`).toString('base64')}`
    const answer = await broker.post('/token', { grant_type: 'client_credentials' }, { authorization: basic })
    return ((await answer.json()) as Tokens).access_token
  }

  let number = 0
  /** An API of its own, which the client is entitled to; answers the host to ask for. */
  async function addApi(
    rules: Json = {},
  ): Promise<{ readonly id: string; readonly host: string; readonly slug: string }> {
    number += 1
    const slug = `api-${number}`
    const host = `${slug}.example`
    const { id } = await broker.created('apis', { name: slug, slug, hosts: [host], clients: [client.id], ...rules })
    return { id, host, slug }
  }

  async function ask({ host = '', target = '/', method = 'GET', headers = [], dialect = 'forwarded', node }: Question) {
    const { pathname } = new URL(broker.issuer)
    const base = `${pathname === '/' ? '' : pathname}/verify/${dialect}`
    const own = {
      nginx: ['Host', 'gatehouse', 'X-Original-Method', method, 'X-Original-Host', host, 'X-Original-URI', target],
      forwarded: [
        'Host',
        'gatehouse',
        'X-Forwarded-Method',
        method,
        'X-Forwarded-Host',
        host,
        'X-Forwarded-Uri',
        target,
      ],
      envoy: ['Host', host],
    }[dialect]
    const path = dialect === 'envoy' ? base + target : base
    return send(path, dialect === 'envoy' ? method : 'GET', [...own, ...headers], node)
  }

  async function send(path: string, method: string, headers: Headers, { port } = broker.url): Promise<Answered> {
    const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
    asking.end()
    const [answer] = await once(asking, 'response')
    const said = await text(answer)
    const body = said.startsWith('{') ? (JSON.parse(said) as Json) : {}
    const reason = answer.headers['x-gatehouse-reason']
    return { status: answer.statusCode, headers: answer.headers, reason, body } as Answered
  }

  const world = { upstream, broker, source, client, login, boundToken, machineToken, addApi, ask, send }
  const all = opened.move()
  return { ...world, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/**
 * docker-compose.yml as a running installation, without an engine: its Redis by its flags, its proxy by its Caddyfile,
 * and two brokers by their environment, out of the files of the image. Only names of hosts are put in the place of others.
 */
import type { ChildProcess } from 'node:child_process'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { administratorPassword, automation, freePort } from '../support/broker.ts'
import { createHands, type Hands } from '../support/hands.ts'
import { buildImage, type Image } from '../support/image.ts'
import { startLoad } from '../support/load.ts'
import { rene } from '../support/people.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { folderOf, type Running, startProgram } from '../support/program.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

interface Service {
  readonly command?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly healthcheck: { readonly test: readonly string[] }
}
const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<'broker-1' | 'broker-2' | 'postgres' | 'redis' | 'proxy', Service>>
}

let port: number
let issuer: string
let filled: (text: string) => string
let image: Image
let upstream: Upstream
let postgres: Postgres
let redis: Running
let proxy: Running
let broker: Hands
const ports: Record<string, number> = {}
const brokers: Record<string, { readonly process: ChildProcess; output: string }> = {}

/** A program that comes with another. */
const besides = async (name: 'redis' | 'postgres', program: string) => join(await folderOf(name), program)

const healthOf = (name: 'broker-1' | 'broker-2') => {
  const [, , ...parameters] = services[name].healthcheck.test
  return image.run(parameters, { ...environmentOf(name) })
}

function environmentOf(name: 'broker-1' | 'broker-2'): Record<string, string> {
  const environment = Object.entries(services[name].environment).map(([key, value]) => [key, filled(value)] as const)
  return {
    ...Object.fromEntries(environment.filter(([, value]) => value !== '')),
    PORT: String(ports[name]),
    // Compose has a network of its own, with the proxy in it.
    GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1',
    GATEHOUSE_BOOTSTRAP_CLIENT_ID: automation.id,
    GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: automation.secret,
  }
}

async function start(name: 'broker-1' | 'broker-2'): Promise<void> {
  const child = image.start(environmentOf(name))
  const one = { process: child, output: '' }
  brokers[name] = one
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      one.output += chunk
    })
  await vi.waitFor(() => expect(healthOf(name)).resolves.toBeDefined(), { timeout: 60_000, interval: 200 })
}

async function stop(name: 'broker-1' | 'broker-2'): Promise<number | null> {
  const child = brokers[name]?.process
  if (!child || child.exitCode !== null) return child?.exitCode ?? null
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  return (await ended)[0]
}

async function startProxy(): Promise<Running> {
  const admin = await freePort()
  const plain = await freePort()
  const caddyfile = readFileSync(join(root, 'config', 'Caddyfile'), 'utf8')
  const named = ['broker-1', 'broker-2'].reduce(
    (text, name) => text.replace(`${name}:3000`, `127.0.0.1:${ports[name]}`),
    caddyfile,
  )
  expect(named).not.toContain('broker-')
  const own = `{\n\tadmin 127.0.0.1:${admin}\n\thttp_port ${plain}\n\thttps_port ${port}\n\tskip_install_trust\n}\n`
  return startProgram({
    name: 'caddy',
    port,
    files: () => ({ Caddyfile: own + named }),
    command: (folder) => ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
    farewell: 'SIGTERM',
    env: Object.fromEntries(Object.entries(services.proxy.environment).map(([key, value]) => [key, filled(value)])),
  })
}

beforeAll(async () => {
  const redisPort = await freePort()
  port = await freePort()
  issuer = `https://localhost:${port}`
  for (const name of ['broker-1', 'broker-2']) ports[name] = await freePort()
  ;[image, upstream, postgres] = await Promise.all([buildImage(), startUpstream({ users: { rene } }), startPostgres()])
  const database = new URL(await postgres.fresh())
  const values: Readonly<Record<string, string>> = {
    GATEHOUSE_ISSUER: issuer,
    GATEHOUSE_SECRET_KEY: Buffer.alloc(32, 5).toString('base64'),
    POSTGRES_PASSWORD: 'a1',
    REDIS_PASSWORD: 'b2',
    GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: administratorPassword,
  }
  filled = (text) =>
    text
      .replace(/\$\{(\w+)(?::\?[^}]*|:-([^}]*))?\}/g, (_, name: string, otherwise = '') => values[name] ?? otherwise)
      .replace('postgres:5432/gatehouse', `${database.host}${database.pathname}`)
      .replace('redis:6379', `127.0.0.1:${redisPort}`)

  const [, ...flags] = (services.redis.command ?? []).map(filled)
  redis = await startProgram({
    name: 'redis',
    port: redisPort,
    files: () => ({}),
    command: (folder) => [...flags, '--port', String(redisPort), '--bind', '127.0.0.1', '--dir', folder],
    farewell: 'SIGTERM',
  })
  await start('broker-1')
  await start('broker-2')
  proxy = await startProxy()
  const authority = join(proxy.folder, '.local/share/caddy/pki/authorities/local/root.crt')
  await vi.waitFor(() => readFileSync(authority), { timeout: 20_000 })
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(authority, 'utf8')])
  broker = createHands(issuer, automation)
  await vi.waitFor(async () => expect((await fetch(`${issuer}/health/ready`)).status).toBe(200), { timeout: 30_000 })
  await broker.addSource(upstream)
}, 240_000)

afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]()
  for (const { process } of Object.values(brokers)) process.kill('SIGKILL')
  for (const one of [redis, postgres, upstream, image]) await one?.[Symbol.asyncDispose]()
})

it('has a Redis that takes its flags, keeps a log of what it is told, and passes its health check', async () => {
  const [, program = '', ...parameters] = services.redis.healthcheck.test
  const address = ['-p', redis.url.port]
  const env = Object.fromEntries(Object.entries(services.redis.environment).map(([key, value]) => [key, filled(value)]))
  const ask = async (...words: string[]) =>
    (await run(await besides('redis', program), [...address, ...words], { env })).stdout.trim()
  expect(await ask(...parameters)).toBe('PONG')
  expect(await ask('config', 'get', 'appendonly')).toBe('appendonly\nyes')
  expect(await ask('config', 'get', 'maxmemory-policy')).toBe('maxmemory-policy\nnoeviction')
})

it('has a PostgreSQL whose health check passes', async () => {
  const [, program = '', ...parameters] = services.postgres.healthcheck.test
  const at = ['--host=127.0.0.1', `--port=${postgres.port}`]
  expect((await run(await besides('postgres', program), [...at, ...parameters])).stdout).toContain('accepting')
})

it('tells the story through the proxy and both brokers, over TLS', async () => {
  const client = await broker.addClient()
  for (let round = 0; round < 3; round++) {
    const { tokens, access, visitor } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    expect(access.iss).toBe(issuer)
    expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(true)
    expect((await broker.userinfo(tokens.access_token)).status).toBe(200)
    expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(200)
    await visitor.travel(
      `${issuer}/logout?${new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://app.example/bye' })}`,
      ({ hostname }) => hostname === 'app.example',
    )
    expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(false)
  }
  for (const { output } of Object.values(brokers)) {
    expect(output).toContain('"event":"request.answered"')
    expect(output, 'the proxy is believed').toMatch(/"address":"(127\.0\.0\.1|::1)"/)
  }
})

it('shows no metrics to the outside, and everything by https alone', async () => {
  expect((await fetch(`${issuer}/metrics`)).status).toBe(404)
  const discovery = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as object
  expect(JSON.stringify(discovery)).not.toContain('http://')
})

it('restarts its brokers one after the other, and no request fails', async () => {
  const client = await broker.addClient()
  const load = startLoad({ broker, client, people: 2, pause: 50 })
  for (const name of ['broker-1', 'broker-2'] as const) {
    expect(await stop(name)).toBe(0)
    await start(name)
    // Compose says `healthy` when the proxy may not have asked yet.
    await vi.waitFor(() => expect(brokers[name]?.output).toContain('"endpoint":"/introspect"'), { timeout: 60_000 })
  }
  await load.stop()
  expect(load.failures).toEqual([])
  expect(load.durations.length).toBeGreaterThan(20)
}, 240_000)

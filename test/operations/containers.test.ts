/** What Dockerfile and docker-compose.yml promise, tried without a container engine. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import { variables } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load.ts'
import { freePort } from '../support/broker.ts'
import { buildImage, command, dockerfile, type Image, instruction, stage } from '../support/image.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const pinned = /^[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.]+)?$/

describe('Dockerfile', () => {
  it('begins every stage with the slim official image of the Node.js that the tests run with', () => {
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
    expect(new Set(images)).toEqual(new Set([`node:${packageJson.devDependencies.node}-bookworm-slim`]))
    expect(process.version).toBe(`v${packageJson.devDependencies.node}`)
  })

  it('runs as an ordinary user, with production dependencies only, and has no secret in it', () => {
    expect(instruction('USER')).toBe('node')
    expect(stage.indexOf('USER ')).toBeLessThan(stage.indexOf('CMD '))
    expect(dockerfile).toMatch(/^RUN npm ci --omit=dev /m)
    expect(dockerfile).not.toMatch(/secret|password|token/i)
    expect(command).toEqual(['node', '--max-semi-space-size=8', '--no-allocation-site-pretenuring', 'src/main.ts'])
    expect(instruction('ENV')).toContain('MALLOC_ARENA_MAX=1')
  })

  it('is compiled, as npm start is, for how V8 is told to run: what was compiled otherwise is not used', () => {
    const flagsIn = (text: string | undefined) => text?.match(/--(?:max|no)-[\w=-]+/g) ?? []
    const tagOf = (flags: readonly string[]) =>
      execFileSync(process.execPath, [...flags, '-p', 'v8.cachedDataVersionTag()'], { encoding: 'utf8' })
    const compiles = (text: string) => flagsIn(text.split('\n').find((line) => line.includes('compile.ts')))
    const usual = tagOf(command.slice(1, -1))
    expect(tagOf([])).not.toBe(usual)
    expect(tagOf(compiles(stage))).toBe(usual)
    expect(tagOf(flagsIn(packageJson.scripts.start))).toBe(usual)
    expect(tagOf(compiles(read('scripts/prepare.mjs')))).toBe(usual)
  })
})

describe('the image’s command, outside of a container', () => {
  let image: Image
  beforeAll(async () => {
    image = await buildImage()
  }, 120_000)
  afterAll(() => image[Symbol.asyncDispose]())

  it('has what it needs and no more: no compiler, no test, no second Node.js, nothing of ours that is secret', () => {
    for (const name of ['typescript', 'vitest', 'node', '@biomejs', 'playwright-core'])
      expect(existsSync(join(image.app, 'node_modules', name)), name).toBe(false)
    for (const name of ['data/gatehouse.db', 'test', '.git', '.env', 'examples'])
      expect(existsSync(join(image.app, name)), name).toBe(false)
  })

  it('has the command line in it', async () => {
    const { stdout } = await image.run(['bin/gatehouse.mjs', '--help'])
    expect(stdout).toMatch(/apply/)
  })

  it('is ready as a user who may write nothing but its data, answers the health check, and ends with 0', async () => {
    const port = await freePort()
    const env = { PORT: String(port), LOG_LEVEL: 'warn' }
    const child = image.start(env)
    const ended = once(child, 'exit')
    const complained = text(child.stderr)
    await Promise.race([once(child.stdout, 'data'), ended])
    expect(child.exitCode, child.exitCode === null ? '' : await complained).toBe(null)

    const [script = '', kind = ''] = (
      JSON.parse(/CMD (.*)$/m.exec(instruction('HEALTHCHECK'))?.[1] ?? '') as string[]
    ).slice(1)
    expect(kind).toBe('live')
    const check = (which: string) => image.run([script, which], env)
    expect((await check(kind)).stdout).toBe('{"status":"ok"}\n')
    expect(JSON.parse((await check('ready')).stdout)).toMatchObject({ status: 'ok', parts: { database: { ok: true } } })
    child.kill('SIGTERM')
    await vi.waitFor(() => expect(check('ready')).rejects.toMatchObject({ code: 1 }), { timeout: 5000 })
    expect((await ended)[0]).toBe(0)
    expect(await complained).toBe('')
    await expect(check('live')).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('does not answer') })
  }, 60_000)
})

interface Service {
  readonly image?: string
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly volumes?: readonly string[]
  readonly [other: string]: unknown
}

describe('docker-compose.yml', () => {
  const source = read('docker-compose.yml')
  const compose = parse(source, { merge: true }) as {
    readonly services: Readonly<Record<string, Service>>
    readonly volumes: Readonly<Record<string, null>>
    readonly networks: { readonly default: { readonly ipam: { readonly config: readonly { subnet: string }[] } } }
  }
  const services = Object.entries(compose.services)
  const brokers = services.filter(([name]) => name.startsWith('broker-')).map(([, service]) => service)

  it('has two brokers, PostgreSQL, Redis and a proxy, each pinned and with a health check', () => {
    expect(services.map(([name]) => name)).toEqual(['broker-1', 'broker-2', 'postgres', 'redis', 'proxy'])
    for (const [name, { image, healthcheck }] of services) {
      expect(image, name).toMatch(pinned)
      expect(healthcheck?.test[0], name).toBe('CMD')
    }
    expect(brokers[0]?.image).toBe(`gatehouse:${packageJson.version}`)
  })

  it('waits only for services that there are, until they are well', () => {
    for (const [name, { depends_on = {} }] of services)
      for (const [other, { condition }] of Object.entries(depends_on)) {
        expect(Object.keys(compose.services), name).toContain(other)
        expect(condition).toBe('service_healthy')
      }
  })

  it('mounts only volumes that are declared, and files that there are', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    for (const name of mounted)
      expect(name.startsWith('./') ? existsSync(join(root, name)) : name in compose.volumes, name).toBe(true)
  })

  it('sets only variables that the broker knows, and settings that it takes', async () => {
    for (const { environment = {} } of brokers) {
      const known = [...Object.keys(variables), 'GATEHOUSE_CONFIG']
      expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([])
      const values = {
        GATEHOUSE_ISSUER: 'https://localhost',
        GATEHOUSE_SECRET_KEY: Buffer.alloc(32).toString('base64'),
        POSTGRES_PASSWORD: 'a1',
        REDIS_PASSWORD: 'b2',
      }
      const env = Object.entries(environment).map(([name, value]) => [name, substitute(value, values)])
      const config = await loadConfig(Object.fromEntries(env), root)
      expect(config).toMatchObject({
        issuer: 'https://localhost',
        database_url: 'postgres://gatehouse:a1@postgres:5432/gatehouse',
        redis_url: 'redis://:b2@redis:6379',
        trusted_proxies: [compose.networks.default.ipam.config[0]?.subnet],
      })
      const { drain, timeout } = config.shutdown
      expect(Number.parseInt(String(brokers[0]?.stop_grace_period), 10)).toBeGreaterThan(drain + timeout)
    }
  })

  it('has no secret in it: whoever forgets one is told, and .env.example names them all', () => {
    const wanted = [...source.matchAll(/\$\{(\w+):\?[^}]+\}/g)].map(([, name]) => name)
    expect(new Set(wanted)).toEqual(
      new Set(['GATEHOUSE_ISSUER', 'GATEHOUSE_SECRET_KEY', 'POSTGRES_PASSWORD', 'REDIS_PASSWORD']),
    )
    for (const name of wanted) expect(read('.env.example')).toMatch(new RegExp(`^${name}=`, 'm'))
    for (const [, name = ''] of read('.env.example').matchAll(/^(\w+)=/gm)) expect(source).toContain(`\${${name}:`)
    for (const line of source.split('\n').filter((one) => /PASSWORD|SECRET|AUTH/.test(one)))
      expect(line).toContain('${')
    expect(read('.gitignore').split('\n')).toContain('.env')
  })

  it('keeps what Redis holds, and never evicts it', () => {
    const words = compose.services.redis?.command as readonly string[]
    for (const [name, value] of [
      ['--appendonly', 'yes'],
      ['--maxmemory-policy', 'noeviction'],
    ] as const)
      expect(words[words.indexOf(name) + 1]).toBe(value)
  })

  it('gives the brokers no right that they do not need', () => {
    for (const broker of brokers)
      expect(broker).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
    for (const [name, { ports }] of services) if (name !== 'proxy') expect(ports, name).toBeUndefined()
  })

  it('has a proxy that asks the brokers there are whether they are ready', () => {
    const caddyfile = read('config/Caddyfile')
    expect(caddyfile).toMatch(/reverse_proxy broker-1:3000 broker-2:3000 \{/)
    expect(caddyfile).toMatch(/health_uri \/health\/ready/)
    expect(caddyfile).toMatch(/respond \/metrics\* 404/)
    expect(Object.keys(compose.services.proxy?.environment ?? {})).toEqual(
      [...caddyfile.matchAll(/\{\$(\w+)\}/g)].map(([, name]) => name),
    )
  })
})

const substitute = (value: string, values: Readonly<Record<string, string>>): string =>
  value.replace(/\$\{(\w+)(?::\?[^}]*|:-([^}]*))?\}/g, (_, name: string, otherwise = '') => values[name] ?? otherwise)

import { mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { leaves, type Tree } from '../src/config/layers.ts'
import { ConfigProblem, loadConfig } from '../src/config/load.ts'
import { Config } from '../src/config/schema.ts'
import { secretKeys } from '../src/config/secret-key.ts'
import { unknownVariables } from '../src/config/unknown-variables.ts'

const root = join(import.meta.dirname, '..')
const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const newFolder = () => mkdtempDisposable(join(tmpdir(), 'gatehouse-config-'))

async function problemOf(env: NodeJS.ProcessEnv): Promise<ConfigProblem> {
  const outcome = await loadConfig(env, root).catch((error: unknown) => error)
  if (outcome instanceof ConfigProblem) return outcome
  throw new Error('It loaded', { cause: outcome })
}

/** The paths of a JSON Schema's members; of a nullable object both the object and what is in it. */
function schemaPaths(schema: z.core.JSONSchema.JSONSchema, prefix = ''): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix + name
    if (typeof member === 'boolean') return [path]
    return member.properties ? schemaPaths(member, `${path}.`) : [path]
  })
}

describe('config/default.yaml', () => {
  it('has every setting of the schema, and no other', async () => {
    const reference = parse(await readFile(join(root, 'config/default.yaml'), 'utf8')) as Tree
    const inSchema = schemaPaths(z.toJSONSchema(Config))
    expect(inSchema.length).toBeGreaterThan(30)
    expect([...leaves(reference)].sort()).toEqual([...inSchema].sort())
  })

  it('is enough to start with', async () => {
    const config = await loadConfig({}, root)
    expect(config).toMatchObject({ issuer: 'http://localhost:3000', workers: 1, trusted_proxies: ['loopback'] })
    expect(config.lifetimes).toMatchObject({ access_token: 300, authorization_code: 60, refresh_grace: 10 })
  })

  it('cannot be changed by anybody once it is loaded', async () => {
    const config = await loadConfig({}, root)
    expect(() => Object.assign(config.lifetimes, { access_token: 9e9 })).toThrow(TypeError)
    expect(() => (config.trusted_proxies as string[]).push('0.0.0.0/0')).toThrow(TypeError)
  })
})

describe('precedence', () => {
  it('lays files over the defaults in order, and the environment over all', async () => {
    await using folder = await newFolder()
    const [first, second] = [join(folder.path, 'first.yaml'), join(folder.path, 'second.yaml')]
    await writeFile(
      first,
      'log_level: debug\nlifetimes: { access_token: 60, trip: 61 }\ntrusted_proxies: [10.0.0.1, 10.0.0.2]',
    )
    await writeFile(second, 'lifetimes: { access_token: 120 }\ntrusted_proxies: [192.0.2.0/24]\nlisten: { port: 4000 }')
    const config = await loadConfig({ GATEHOUSE_CONFIG: `${first}, ${second}`, PORT: '5000' }, root)
    expect(config.log_level).toBe('debug')
    expect(config.lifetimes).toMatchObject({ access_token: 120, trip: 61, id_token: 300 })
    expect(config.trusted_proxies).toEqual(['192.0.2.0/24'])
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 5000 })
  })

  it('reads every environment variable', async () => {
    const config = await loadConfig(
      {
        GATEHOUSE_ISSUER: 'http://id.example',
        GATEHOUSE_ALLOW_INSECURE: 'true',
        HOST: '0.0.0.0',
        PORT: '8080',
        DATABASE_URL: 'postgres://gatehouse:pw@db/gatehouse',
        REDIS_URL: 'redis+sentinel://h1,h2/main',
        GATEHOUSE_WORKERS: 'auto',
        GATEHOUSE_SECRET_KEY: `${key(1)}, ${key(2)}`,
        GATEHOUSE_BOOTSTRAP_ADMIN_USERNAME: 'root',
        GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: 'correct horse',
        GATEHOUSE_BOOTSTRAP_CLIENT_ID: 'robot',
        GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: 'sixteen letters!',
        GATEHOUSE_TRUSTED_PROXIES: 'loopback,fd00::/8',
        LOG_LEVEL: 'warn',
      },
      root,
    )
    expect(config).toMatchObject({
      issuer: 'http://id.example',
      allow_insecure: true,
      listen: { host: '0.0.0.0', port: 8080 },
      database_url: 'postgres://gatehouse:pw@db/gatehouse',
      redis_url: 'redis+sentinel://h1,h2/main',
      workers: 'auto',
      secret_keys: [key(1), key(2)],
      bootstrap: { admin: { username: 'root', password: 'correct horse' }, client: { id: 'robot' } },
      trusted_proxies: ['loopback', 'fd00::/8'],
      log_level: 'warn',
    })
  })

  it('takes a variable that is set but empty for absent', async () => {
    expect((await loadConfig({ PORT: '', GATEHOUSE_ISSUER: '', GATEHOUSE_CONFIG: '' }, root)).listen.port).toBe(3000)
  })

  it('lets the default issuer follow the port, and leaves a chosen one alone', async () => {
    expect((await loadConfig({ PORT: '8080' }, root)).issuer).toBe('http://localhost:8080')
    expect((await loadConfig({ PORT: '8080', GATEHOUSE_ISSUER: 'https://id.example' }, root)).issuer).toBe(
      'https://id.example',
    )
  })
})

describe('problems', () => {
  it('are told all at once, each with its path, where it came from and what was expected', async () => {
    await using folder = await newFolder()
    const file = join(folder.path, 'mine.yaml')
    await writeFile(file, 'lisen: { port: 1 }\nlifetimes: { access_token: soon, trips: 1 }\ntokens: { max_bytes: 10 }')
    const { problems, message } = await problemOf({
      GATEHOUSE_CONFIG: `${file},missing.yaml`,
      GATEHOUSE_ISSUER: 'http://id.example',
      PORT: '99999',
      DATABASE_URL: 'postgres://db/gatehouse',
      GATEHOUSE_BOOTSTRAP_CLIENT_ID: 'robot',
      GATEHOUSE_TRUSTED_PROXIES: 'loopback,everybody',
      GATEHOUSE_ALLOW_INSECURE: 'yes',
    })
    expect(problems.map(({ path, origin }) => `${path} < ${origin}`).sort()).toEqual(
      [
        ' < missing.yaml',
        'allow_insecure < GATEHOUSE_ALLOW_INSECURE',
        'bootstrap.client.secret < undefined',
        'issuer < GATEHOUSE_ISSUER',
        `lifetimes.access_token < ${file}`,
        `lifetimes.trips < ${file}`,
        `lisen < ${file}`,
        'listen.port < PORT',
        'secret_keys < config/default.yaml',
        `tokens.max_bytes < ${file}`,
        'trusted_proxies.1 < GATEHOUSE_TRUSTED_PROXIES',
      ].sort(),
    )
    expect(message).toContain('allow_insecure (GATEHOUSE_ALLOW_INSECURE): must be true or false')
    expect(message).toContain('bootstrap.client.secret: is missing; GATEHOUSE_BOOTSTRAP_CLIENT_SECRET sets it')
    expect(message).toContain(`lisen (${file}): is not a setting`)
    expect(message).toContain('missing.yaml: cannot be read (ENOENT)')
  })

  it.each([
    [
      'a client secret without its id',
      { GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: 'sixteen letters!' },
      'bootstrap.client.id',
    ],
    ['an issuer with a slash at its end', { GATEHOUSE_ISSUER: 'https://id.example/' }, 'issuer'],
    ['an issuer with a query', { GATEHOUSE_ISSUER: 'https://id.example?x' }, 'issuer'],
    ['an issuer with a password', { GATEHOUSE_ISSUER: 'https://a:b@id.example' }, 'issuer'],
    ['a plain issuer that only looks like loopback', { GATEHOUSE_ISSUER: 'http://localhost.example' }, 'issuer'],
    ['a secret key of 31 bytes', { GATEHOUSE_SECRET_KEY: Buffer.alloc(31).toString('base64') }, 'secret_keys.0'],
    ['a secret key that is no base64', { GATEHOUSE_SECRET_KEY: 'short' }, 'secret_keys.0'],
    ['an issuer that nobody else would write so', { GATEHOUSE_ISSUER: 'https://ID.example' }, 'issuer'],
    ['an issuer with its default port', { GATEHOUSE_ISSUER: 'https://id.example:443/x' }, 'issuer'],
    ['an issuer with a blank', { GATEHOUSE_ISSUER: 'https://id.example/a b' }, 'issuer'],
    ['a negative port', { PORT: '-1' }, 'listen.port'],
    ['a port that is no number', { PORT: '0x50' }, 'listen.port'],
    ['a gateway secret that no header holds', { GATEHOUSE_GATEWAY_SECRETS: 'ä'.repeat(40) }, 'gateway.secrets.0'],
    ['a metrics token with blanks', { GATEHOUSE_METRICS_TOKEN: 'sixteen letters!' }, 'metrics.token'],
    ['a header without a value', { OTEL_EXPORTER_OTLP_HEADERS: 'api-key' }, 'tracing.headers'],
    ['a header of two lines', { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%0ab' }, 'tracing.headers.api-key'],
    ['an unknown kind of database', { DATABASE_URL: 'mysql://db' }, 'database_url'],
    ['an unknown log level', { LOG_LEVEL: 'loud' }, 'log_level'],
    ['no workers', { GATEHOUSE_WORKERS: '0' }, 'workers'],
  ])('are found in: %s', async (_, env, path) => {
    expect((await problemOf(env)).problems.map((problem) => problem.path)).toEqual([path])
  })

  it('name everything that is wrong with an issuer', async () => {
    const { problems } = await problemOf({ GATEHOUSE_ISSUER: 'http://id.example/' })
    expect(problems.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'issuer must not end with a slash',
      'issuer must be https, unless it is loopback or allow_insecure is true',
    ])
  })

  it.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'https://id.example/base'])(
    'are none with the issuer %s',
    async (issuer) => {
      expect((await loadConfig({ GATEHOUSE_ISSUER: issuer }, root)).issuer).toBe(issuer)
    },
  )

  it.each([
    ['session_idle beyond session_absolute', 'lifetimes: { session_idle: 36001 }', 'lifetimes.session_idle'],
    ['keys that go before what they signed', 'signing_keys: { retiring_for: 35999 }', 'signing_keys.retiring_for'],
    ['a code that lives too long', 'lifetimes: { authorization_code: 61 }', 'lifetimes.authorization_code'],
    ['a patience no timer has', 'outbound: { timeout: 3601 }', 'outbound.timeout'],
    ['an end that never comes', 'shutdown: { timeout: 3601 }', 'shutdown.timeout'],
    ['a time beyond all dates', 'lifetimes: { trace: 9007199254740991 }', 'lifetimes.trace'],
    ['an object where a list is due', 'trusted_proxies: { a: 1 }', 'trusted_proxies'],
    ['a number where a secret is due', 'gateway: { secrets: [12345678] }', 'gateway.secrets.0'],
    ['a list as the whole file', '[1]', ''],
    ['what is no YAML', 'a: "b', ''],
  ])('are found in a file: %s', async (_, text, path) => {
    await using folder = await newFolder()
    const file = join(folder.path, 'mine.yaml')
    await writeFile(file, text)
    const { problems } = await problemOf({ GATEHOUSE_CONFIG: file })
    expect(problems.map((problem) => [problem.path, problem.origin])).toEqual([[path, file]])
  })

  it('never repeat a secret, wherever it was written', async () => {
    await using folder = await newFolder()
    const files = ['broken', 'alias', 'wrong'].map((name) => join(folder.path, `${name}.yaml`))
    await writeFile(files[0] ?? '', 'secret_keys: ["hunter2', 'utf8')
    await writeFile(files[1] ?? '', 'bootstrap: { admin: { password: *hunter2 } }')
    await writeFile(files[2] ?? '', 'bootstrap: { client: { id: a, secret: hunter2 } }\nsecret_keys: hunter2')
    const problem = await problemOf({
      GATEHOUSE_CONFIG: files.join(','),
      DATABASE_URL: 'mysql://gatehouse:hunter2@db/x',
      REDIS_URL: 'reddis://:hunter2@redis',
      GATEHOUSE_SECRET_KEY: `hunter2,${Buffer.from('hunter2').toString('base64')}`,
      GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: 'hunter2',
      GATEHOUSE_ISSUER: 'https://gatehouse:hunter2@id.example',
    })
    expect(problem.problems.length).toBeGreaterThan(7)
    const told = [problem.message, problem.stack, JSON.stringify(problem), JSON.stringify(problem.problems)].join()
    expect(told).not.toMatch(/hunter2|aHVudGVyMg/)
  })
})

describe('unknownVariables', () => {
  it('are those that look like ours, with the one that was probably meant; never what others make of our name', () => {
    const misspelt = { GATEHOUSE_ISUER: 'x', GATEHOUSE_SECRET_KEYS: 'x', GATEHOUSE_METRIC_TOKEN: 'x' }
    const right = { GATEHOUSE_ISSUER: 'x', GATEHOUSE_CONFIG: 'x', GATEHOUSE_POSTGRES_TOOLS: 'x', GATEHOUSE_EMPTY: '' }
    const kubernetes = {
      GATEHOUSE_SERVICE_HOST: '10.0.0.1',
      GATEHOUSE_SERVICE_PORT: '3000',
      GATEHOUSE_SERVICE_PORT_HTTP: '3000',
      GATEHOUSE_PORT: 'tcp://10.0.0.1:3000',
      GATEHOUSE_PORT_3000_TCP: 'tcp://10.0.0.1:3000',
      GATEHOUSE_PORT_3000_TCP_PROTO: 'tcp',
      GATEHOUSE_PORT_3000_TCP_PORT: '3000',
      GATEHOUSE_PORT_3000_TCP_ADDR: '10.0.0.1',
      GATEHOUSE_REDIS_SERVICE_HOST: '10.0.0.2',
    }
    expect(unknownVariables({ ...misspelt, ...right, ...kubernetes, PATH: '/bin' })).toEqual([
      { name: 'GATEHOUSE_ISUER', nearest: 'GATEHOUSE_ISSUER' },
      { name: 'GATEHOUSE_SECRET_KEYS', nearest: 'GATEHOUSE_SECRET_KEY' },
      { name: 'GATEHOUSE_METRIC_TOKEN', nearest: 'GATEHOUSE_METRICS_TOKEN' },
    ])
  })

  it('are told beside other problems, and are none by themselves', async () => {
    const misspelt = { GATEHOUSE_SECRET_KEYS: key(1) }
    expect((await loadConfig(misspelt, root)).secret_keys).toBe(null)
    const { message } = await problemOf({ ...misspelt, DATABASE_URL: 'postgres://h/n' })
    expect(message).toMatch(/- secret_keys .*\n {2}- GATEHOUSE_SECRET_KEYS: .*GATEHOUSE_SECRET_KEY is the nearest$/)
  })
})

describe('secretKeys', () => {
  it('are those that are configured, in their order', async () => {
    const keys = await secretKeys({ secret_keys: [key(1), key(2)], database_url: 'sqlite::memory:' })
    expect(keys).toEqual([Buffer.alloc(32, 1), Buffer.alloc(32, 2)])
  })

  it('are generated once beside the embedded store, for nobody else to read', async () => {
    await using folder = await newFolder()
    const config = { secret_keys: null, database_url: `sqlite:${folder.path}/data/gatehouse.db` }
    const [first] = await secretKeys(config)
    expect(first).toHaveLength(32)
    expect(await secretKeys(config)).toEqual([first])
    expect((await stat(join(folder.path, 'data/secret.key'))).mode & 0o777).toBe(0o600)
  })

  it('are the same for all that start at once', async () => {
    await using folder = await newFolder()
    const config = { secret_keys: null, database_url: `sqlite:${folder.path}/gatehouse.db` }
    const keys = await Promise.all(Array.from({ length: 50 }, () => secretKeys(config)))
    expect(new Set(keys.map(([made]) => made?.toString('hex'))).size).toBe(1)
    expect(await readdir(folder.path)).toEqual(['secret.key'])
  })

  it('are not replaced when the file is damaged', async () => {
    await using folder = await newFolder()
    await writeFile(join(folder.path, 'secret.key'), 'short')
    const config = { secret_keys: null, database_url: `sqlite:${folder.path}/gatehouse.db` }
    await expect(secretKeys(config)).rejects.toThrow('does not hold 32 bytes')
    expect(await readFile(join(folder.path, 'secret.key'), 'utf8')).toBe('short')
  })

  it('are not made for a database that was sealed with others', async () => {
    await using folder = await newFolder()
    await writeFile(join(folder.path, 'gatehouse.db'), 'what somebody keeps')
    const config = { secret_keys: null, database_url: `sqlite:${folder.path}/gatehouse.db` }
    await expect(secretKeys(config)).rejects.toThrow(/secret\.key is missing, and .* set GATEHOUSE_SECRET_KEY/)
    expect(await readdir(folder.path)).toEqual(['gatehouse.db'])
  })

  it('are new each time for a store in memory', async () => {
    const config = { secret_keys: null, database_url: 'sqlite::memory:' }
    expect(await secretKeys(config)).not.toEqual(await secretKeys(config))
  })
})

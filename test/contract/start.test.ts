import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { automation, basic, end, freePort, rawBasic, run, startGatehouse, temporaryFolder } from './gatehouse.ts'
import { application, createVisitor, fillIn } from './people.ts'

const callback = 'https://app.example.com/callback'

describe('a start', () => {
  it('prints issuer, console and a password that works, the password the first time only; a restart loses nothing', async () => {
    await using folder = await temporaryFolder()
    const port = await freePort()
    const env = {
      PORT: String(port),
      GATEHOUSE_BOOTSTRAP_ADMIN_USERNAME: '',
      GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: '',
    }
    await using first = await startGatehouse(env, folder.path)
    const issuer = `http://localhost:${port}`
    expect(first.output()).toContain(`issuer   ${issuer}`)
    expect(first.output()).toContain(`console  ${issuer}/admin`)
    await expect.poll(first.output).toMatch(/password \S{16}/)
    const password = /password (\S+)/.exec(first.output())?.[1] ?? ''

    const { body: client } = await first.admin('POST', 'clients', { redirect_uris: [callback] })
    const [id, secret] = [String(client.client_id), String(client.client_secret)]
    const app = await application(issuer, { id, secret, redirectUri: callback })
    const visitor = createVisitor()
    const { page, attempt } = await app.begin(visitor)
    const tokens = await app.finish(await fillIn(visitor, page, 'admin', password, callback), attempt)
    const keys = await (await fetch(`${issuer}/jwks`)).json()
    await first.stop()

    await using second = await startGatehouse(env, folder.path)
    expect(second.output()).toContain(issuer)
    expect(second.output()).not.toContain('password')
    expect(await (await fetch(`${issuer}/jwks`)).json()).toEqual(keys)
    const { body } = await second.post('/introspect', { token: tokens.access_token }, basic(id, secret))
    expect(body.active).toBe(true)
    const refreshed = await second.post(
      '/token',
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' },
      basic(id, secret),
    )
    expect(refreshed.status).toBe(200)
    const again = await app.begin(visitor, { prompt: 'none' })
    expect(again.page.url.searchParams.get('code')).toBeTruthy()
  })

  it('answers everything from the moment when it listens, also what it has yet to load', async () => {
    await using folder = await temporaryFolder()
    const port = await freePort()
    const issuer = `http://localhost:${port}`
    const starting = run(
      { PORT: String(port), DATABASE_URL: `sqlite:${join(folder.path, 'gatehouse.db')}` },
      'is ready',
    )
    try {
      const ask = (path: string) => fetch(issuer + path).then(({ status }) => status)
      await expect.poll(() => ask('/jwks').catch(() => 0), { interval: 1, timeout: 20_000 }).toBe(200)
      const paths = [
        '/health/ready',
        '/metrics',
        '/',
        '/sessions',
        '/admin/api/v1/clients',
        '/verify/nginx',
        '/nowhere',
      ]
      expect(await Promise.all(paths.map(ask))).toEqual([200, 200, 200, 403, 401, 403, 404])
    } finally {
      await end(await starting)
    }
  })

  it('tells every wrong setting with its path and what was expected, and no value', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'wrong.yaml')
    await writeFile(file, 'lifetimes: { access_token: soon }\ncolour: { of: canary-in-a-file }\n')
    const started = await run({
      GATEHOUSE_CONFIG: file,
      GATEHOUSE_ISSUER: 'http://auth.example.com',
      PORT: 'canary-port',
      DATABASE_URL: 'mysql://root:canary-password@db/x',
      GATEHOUSE_SECRET_KEY: 'canary-key',
      GATEHOUSE_WORKERS: 'none',
      GATEHOUSE_TRUSTED_PROXIES: 'everybody',
      GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: 'canary',
      LOG_LEVEL: 'loud',
    })
    expect(started.code).toBe(1)
    for (const path of [
      'lifetimes.access_token',
      'colour',
      'issuer',
      'listen.port',
      'database_url',
      'secret_keys',
      'workers',
      'trusted_proxies',
      'bootstrap.admin.password',
      'log_level',
    ])
      expect(started.output()).toContain(path)
    expect(started.output()).toMatch(/issuer.*https/)
    expect(started.output()).not.toContain('canary-')
    expect(started.output()).not.toMatch(/\n +at /)
  })

  it.each([
    [
      'a password that everybody guesses',
      { GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: 'password' },
      'bootstrap.admin.password',
    ],
    ['a client without a secret', { GATEHOUSE_BOOTSTRAP_CLIENT_ID: 'automation' }, 'bootstrap.client.secret'],
    ['a database server without a key', { DATABASE_URL: 'postgres://u:canary-password@db/x' }, 'GATEHOUSE_SECRET_KEY'],
    ['a file that is not there', { GATEHOUSE_CONFIG: '/nowhere/canary.yaml' }, '/nowhere/canary.yaml'],
  ])('refuses %s in one plain message', async (_, env, expected) => {
    await using folder = await temporaryFolder()
    const started = await run({ DATABASE_URL: `sqlite:${join(folder.path, 'g.db')}`, PORT: '0', ...env })
    expect(started.code).toBe(1)
    expect(started.output()).toContain(expected)
    expect(started.output()).not.toContain('canary-password')
    expect(started.output()).not.toMatch(/\n +at /)
  })

  it('lays the files over one another in order, and the environment over them', async () => {
    await using folder = await temporaryFolder()
    const [one, two] = [join(folder.path, 'one.yaml'), join(folder.path, 'two.yaml')]
    await writeFile(one, 'lifetimes: { access_token: 100, id_token: 70 }\nlog_level: trace\nlisten: { port: 1 }\n')
    await writeFile(two, 'lifetimes: { access_token: 60 }\n')
    await using gatehouse = await startGatehouse({ GATEHOUSE_CONFIG: `${one},${two}`, LOG_LEVEL: 'silent' })
    const { body } = await gatehouse.post(
      '/token',
      { grant_type: 'client_credentials', scope: 'admin' },
      rawBasic(automation.id, automation.secret),
    )
    expect(body.expires_in).toBe(60)
    expect(gatehouse.output()).not.toContain('{"level"')
  })

  it('serves an issuer with a path, and takes neither host nor scheme from a header', async () => {
    const port = await freePort()
    const issuer = `http://localhost:${port}/auth`
    await using _gatehouse = await startGatehouse({ PORT: String(port), GATEHOUSE_ISSUER: issuer })
    // RFC 8414 §3 puts the well-known part before the issuer's path, OpenID Connect Discovery after it.
    for (const url of [
      `${issuer}/.well-known/openid-configuration`,
      `http://localhost:${port}/.well-known/oauth-authorization-server/auth`,
    ]) {
      const metadata = await forged(url)
      expect(metadata).toMatchObject({ issuer, token_endpoint: `${issuer}/token` })
      expect(JSON.stringify(metadata)).not.toContain('evil')
    }
  })

  it('takes an insecure issuer only when told so', async () => {
    await using folder = await temporaryFolder()
    const env = {
      GATEHOUSE_ISSUER: 'http://auth.example.com',
      DATABASE_URL: `sqlite:${join(folder.path, 'g.db')}`,
      PORT: '0',
    }
    expect((await run(env)).code).toBe(1)
    const started = await run({ ...env, GATEHOUSE_ALLOW_INSECURE: 'true' }, 'is ready')
    expect(started.output()).toContain('http://auth.example.com')
    await end(started)
  })
})

/** As somebody would ask who wants tokens to say that another host issued them; fetch does not let one set Host. */
const forged = (url: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
    const asked = request(url, { headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(JSON.parse(text))
    })
    asked.on('error', reject)
    asked.end()
  })

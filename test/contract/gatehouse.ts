/** The product as its users have it: a process with environment variables, spoken to over HTTP and nothing else. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Json = Record<string, unknown>

export interface Answer<T = Json> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export interface Gatehouse extends AsyncDisposable {
  readonly issuer: string
  /** Everything that it printed so far. */
  output(): string
  /** A request to the admin API with a fresh token of the automation client. */
  admin<T = Json>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<T>>
  /** A form posted to an endpoint below the issuer. */
  post<T = Json>(
    path: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<T>>
  adminToken(scope?: string): Promise<string>
  stop(): Promise<void>
}

export const automation = { id: 'automation', secret: 'automation-secret-of-this-test' }
export const administrator = { username: 'root', password: 'a-password-of-this-test' }

const project = join(import.meta.dirname, '..', '..')

export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'gatehouse-contract-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Runs to its end or until `until` appears in what it prints; for starts that are expected to fail, or to be looked at. */
export async function run(env: Readonly<Record<string, string>>, until?: string) {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: project,
    // Nothing of the environment of the tests may decide what is tested.
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        printed += chunk
        if (until !== undefined && printed.includes(until)) resolve()
      })
  })
  const code = await Promise.race([ended, ready])
  return { child, ended, code, output: () => printed }
}

export async function end({ child, ended }: { child: ChildProcess; ended: Promise<unknown> }): Promise<void> {
  child.kill('SIGTERM')
  await ended
}

/** Starts the broker in a folder of its own, or in `folder`, on a free port. */
export async function startGatehouse(
  env: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<Gatehouse & { readonly port: number }> {
  const own = folder === undefined ? await temporaryFolder() : undefined
  const port = Number(env.PORT ?? (await freePort()))
  const process = await run(
    {
      PORT: String(port),
      DATABASE_URL: `sqlite:${join(folder ?? own?.path ?? '', 'gatehouse.db')}`,
      GATEHOUSE_BOOTSTRAP_ADMIN_USERNAME: administrator.username,
      GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
      GATEHOUSE_BOOTSTRAP_CLIENT_ID: automation.id,
      GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: automation.secret,
      ...env,
    },
    'is ready',
  )
  if (process.code !== undefined) throw new Error(`It ended with ${process.code}: ${process.output()}`)
  const issuer = env.GATEHOUSE_ISSUER ?? `http://localhost:${port}`

  const send = async <T>(url: string, init: RequestInit): Promise<Answer<T>> => {
    const response = await fetch(url, { redirect: 'manual', ...init })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson && text ? JSON.parse(text) : { text }) as T,
    }
  }
  const post: Gatehouse['post'] = (path, form, headers = {}) =>
    send(issuer + path, { method: 'POST', body: new URLSearchParams(form), headers })
  const adminToken = async (scope = 'admin') => {
    const answer = await post<{ access_token: string }>(
      '/token',
      { grant_type: 'client_credentials', scope },
      basic(automation.id, automation.secret),
    )
    if (answer.status !== 200) throw new Error(`No token for ${scope}: ${JSON.stringify(answer.body)}`)
    return answer.body.access_token
  }
  const stop = async () => {
    await end(process)
    await own?.[Symbol.asyncDispose]()
  }
  return {
    issuer,
    port,
    output: process.output,
    post,
    adminToken,
    async admin(method, path, body, headers = {}) {
      return send(`${issuer}/admin/api/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await adminToken()}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** HTTP Basic as many clients send it: neither part encoded (RFC 6749 §2.3.1 wants both form-encoded). */
export const rawBasic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

/** HTTP Basic as RFC 6749 §2.3.1 has it. */
export const basic = (id: string, secret: string) => rawBasic(encodeURIComponent(id), encodeURIComponent(secret))

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const address = probe.address()
  await new Promise((done) => probe.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

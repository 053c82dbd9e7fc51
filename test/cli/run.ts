/** `gatehouse …` as a process of its own, as people and pipelines run it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { stringify } from 'yaml'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'gatehouse.mjs')

export type Place = Awaited<ReturnType<typeof aPlace>>

/** A folder with a database of its own. */
export async function aPlace(environment: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'))
  const database = `sqlite:${join(folder, 'data', 'gatehouse.db')}`

  async function run(args: readonly string[], more: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, DATABASE_URL: database, ...environment, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [exit, out, err] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
    return { code: exit[0] as number, out, err }
  }

  return {
    folder,
    database,
    run,
    /** Into a pipe that nobody reads, or into a file. */
    async runInto(output: 'nowhere' | number, args: readonly string[]) {
      const child = spawn(process.execPath, [bin, ...args], {
        cwd: folder,
        env: { PATH: process.env.PATH, DATABASE_URL: database, ...environment },
        stdio: ['ignore', output === 'nowhere' ? 'pipe' : output, 'pipe'],
      })
      child.stdout?.destroy()
      const [exit, err] = await Promise.all([once(child, 'close'), child.stderr ? text(child.stderr) : ''])
      return { code: exit[0] as number, err }
    },
    /** In a terminal, where `keys` are typed at the question. */
    async type(args: readonly string[], keys: string) {
      const command = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(' ')
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        env: { PATH: process.env.PATH, DATABASE_URL: database, ...environment },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      let out = ''
      child.stdout.setEncoding('utf8').on('data', (text) => {
        if (!out.includes('[y/N]') && `${out}${text}`.includes('[y/N]')) child.stdin.write(keys)
        out += text
      })
      const [code] = await once(child, 'close')
      return { code: code as number, out }
    },
    /** The answer to the same with `--json`. */
    async json(args: readonly string[], more?: Readonly<Record<string, string>>) {
      const { code, out, err } = await run([...args, '--json'], more)
      if (out === '') throw new Error(`gatehouse ${args.join(' ')} answered nothing: ${err}`)
      return { code, err, ...JSON.parse(out) }
    },
    /** Answers the file's name. */
    async file(name: string, content: unknown): Promise<string> {
      const path = join(folder, name)
      await writeFile(path, typeof content === 'string' ? content : stringify(content))
      return path
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** One of each kind, referring to one another in every way there is. */
export const oneOfEach = {
  roles: [{ name: 'nurse', description: 'Looks after people' }],
  'authentication-sources': [
    {
      alias: 'Okta',
      name: 'Okta',
      type: 'oidc',
      config: { issuer: 'https://acme.okta.com', client_id: 'gatehouse', client_secret: 'env:OKTA_SECRET' },
      mapping: { roles: [{ when_group: 'Staff', role: 'staff' }] },
    },
    { alias: 'local', name: 'Gatehouse account', type: 'local' },
    {
      alias: 'Partner',
      name: 'A partner',
      type: 'jwt',
      config: { issuer: 'https://tokens.partner.example', jwks_uri: 'https://tokens.partner.example/jwks' },
    },
  ],
  clients: [
    {
      client_id: 'app',
      client_secret: 'env:APP_SECRET',
      redirect_uris: ['https://app.example/callback'],
      allowed_sources: ['Okta'],
    },
    { client_id: 'gateway', grant_types: ['client_credentials'], resource_server: { apis: ['patients'] } },
  ],
  applications: [{ slug: 'patient-app', name: 'Patient App', redirect_uris: ['https://patient.example/callback'] }],
  apis: [
    {
      slug: 'patients',
      name: 'Patient API',
      hosts: ['API.example.com'],
      path_prefix: '/patients',
      clients: ['app', 'application:patient-app'],
      authentication_sources: [{ source: 'Okta', sunset: '2030-01-01T01:00:00+01:00' }],
    },
  ],
  portals: [{ slug: 'developers', name: 'Developers', authentication_source: 'Okta', apis: ['patients'] }],
  users: [
    {
      username: 'Ada',
      password: 'env:ADA',
      email: 'ada@acme.test',
      roles: ['nurse', { name: 'admin', client: 'gatehouse' }],
    },
  ],
  'api-keys': [{ application: 'patient-app', api: 'patients', name: 'live' }],
}

export const secrets = {
  OKTA_SECRET: 'what-okta-gave-us',
  APP_SECRET: 'what-the-app-was-given-at-first',
  ADA: 'correct horse battery staple',
}

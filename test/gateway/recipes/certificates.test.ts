/** SEC-038: how real gateways, with their recipes and TLS, tell the broker of a caller's certificate. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEvidence } from '../../../src/gateway/evidence.ts'
import { freePort } from '../../support/broker.ts'
import { createAuthority, dnsName, type Issued, serverAuth } from '../../support/certificates.ts'
import { startNginx } from '../../support/nginx.ts'
import { startProgram } from '../../support/program.ts'
import { recipeFile } from './recipe.ts'
import { host, listen } from './world.ts'

const opened = new AsyncDisposableStack()
const root = createAuthority()
const john = root.issue({ subject: [['CN', 'john']] })
const server = root.issue({ subject: [['CN', host]], san: [dnsName(host)], extendedKeyUsage: [serverAuth] })
const key = ({ privateKey }: Issued) => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
/** The questions that the gateway put. */
const asked: IncomingMessage[] = []
let folder: string
let broker: number

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'))
  opened.defer(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'ca.pem'), root.pem)
  await writeFile(join(folder, 'server.pem'), `${server.pem}\n${key(server)}`)
  const heard = createServer((question, answer) => {
    asked.push(question)
    answer.writeHead(403, { 'X-Gatehouse-Reason': 'address_unknown', 'Content-Type': 'application/json' }).end('{}')
  })
  broker = await listen(heard)
  opened.defer(() => void heard.close().closeAllConnections())
})
afterAll(() => opened.disposeAsync())

const gateways = {
  async nginx(port: number) {
    const tls = `ssl_certificate ${folder}/server.pem; ssl_certificate_key ${folder}/server.pem; ssl_verify_client optional;`
    const file = await recipeFile('nginx/gatehouse.conf', [
      ['127.0.0.1:3000', `127.0.0.1:${broker}`],
      ['listen 127.0.0.1:8080;', `listen 127.0.0.1:${port} ssl; ${tls} ssl_client_certificate ${folder}/ca.pem;`],
    ])
    return startNginx(file, port)
  },
  async HAProxy(port: number) {
    await writeFile(join(folder, 'key.pem'), root.certificate.publicKey.export({ type: 'spki', format: 'pem' }))
    const socket = `abns@gatehouse-${port}`
    const bind = `bind 127.0.0.1:${port} ssl crt ${folder}/server.pem ca-file ${folder}/ca.pem verify optional`
    const file = await recipeFile('haproxy/haproxy.cfg', [
      ['127.0.0.1:3000', `127.0.0.1:${broker}`],
      ['bind 127.0.0.1:8080', bind],
      ['abns@gatehouse', socket],
      ['/etc/haproxy/gatehouse.lua', 'gatehouse.lua'],
      ...[1, 2, 3].map((number) => [`/etc/haproxy/gatehouse-${number}.pem`, `${folder}/key.pem`] as const),
    ])
    const lua = await recipeFile('haproxy/gatehouse.lua', [['abns@gatehouse', socket]])
    return startProgram({
      name: 'haproxy',
      port,
      files: () => ({ 'haproxy.cfg': file, 'gatehouse.lua': lua }),
      command: () => ['-db', '-f', 'haproxy.cfg'],
      farewell: 'SIGTERM',
    })
  },
  async Caddy(port: number) {
    const tls = `tls ${folder}/caddy.pem ${folder}/caddy.key {\nclient_auth {\nmode verify_if_given\ntrusted_ca_cert_file ${folder}/ca.pem\n}\n}`
    await writeFile(join(folder, 'caddy.pem'), server.pem)
    await writeFile(join(folder, 'caddy.key'), key(server))
    const file = await recipeFile('caddy/Caddyfile', [
      ['127.0.0.1:3000', `127.0.0.1:${broker}`],
      ['http://api.example.com:8080 {', `https://api.example.com:${port} {\n${tls}`],
    ])
    return startProgram({
      name: 'caddy',
      port,
      files: () => ({ Caddyfile: `{\nadmin off\nauto_https disable_redirects\ndefault_bind 127.0.0.1\n}\n${file}` }),
      command: () => ['run', '--adapter', 'caddyfile', '--config', 'Caddyfile'],
      farewell: 'SIGTERM',
    })
  },
}

describe.each(Object.entries(gateways))('%s', (_, start) => {
  it('SEC-038 tells the broker of the certificate that it has seen, and of no other', async () => {
    const port = await freePort()
    await using _gateway = await start(port)
    /** What the broker makes of the question about a request with this certificate. */
    async function leaf(shown: Issued | undefined, headers: Readonly<Record<string, string>> = {}) {
      asked.length = 0
      await new Promise<void>((done, failed) => {
        const credentials = shown && { cert: shown.pem, key: key(shown) }
        const options = { host: '127.0.0.1', port, path: '/patients/1', servername: host, ca: root.pem, agent: false }
        const call = request({ ...options, ...credentials, headers: { host, ...headers } }, (answer) => {
          answer.resume().once('end', done)
        })
        call.once('error', failed).end()
      })
      const [question] = asked
      if (!question) throw new Error('The broker was not asked')
      const call = { method: 'GET', scheme: 'https', host, target: '/patients/1' }
      const around = { asked: call, address: '', certificateHeaders: ['x-gatehouse-client-cert' as const] }
      const evidence = readEvidence(question, around)
      return typeof evidence === 'string' ? evidence : evidence.certificate?.leaf.subject
    }

    expect(await leaf(john)).toBe('CN=john')
    const forged = { 'X-Gatehouse-Client-Cert': john.certificate.raw.toString('base64') }
    expect(await leaf(undefined, forged)).toBeUndefined()
  }, 60_000)
})

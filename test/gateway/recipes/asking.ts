/** The programs of Debian that ask the broker, each with exactly its recipe: only addresses, ports and the secret are ours. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../support/broker.ts'
import { startNginx } from '../../support/nginx.ts'
import { type Running, startProgram } from '../../support/program.ts'
import { examples, type Places, type Recipe, recipeFile } from './recipe.ts'

export const nginx: Recipe = {
  name: 'nginx',
  async start({ broker, api, secret }) {
    const port = await freePort()
    const file = await recipeFile('nginx/gatehouse.conf', [
      ['127.0.0.1:3000', `127.0.0.1:${broker}`],
      ['127.0.0.1:3003', `127.0.0.1:${api}`],
      ['127.0.0.1:8080', `127.0.0.1:${port}`],
      ['X-Gatehouse-Gateway "";\n\n', `X-Gatehouse-Gateway "${secret}";\n\n`],
    ])
    return startNginx(file, port)
  },
}

export const caddy: Recipe = {
  name: 'Caddy',
  async start({ broker, api, secret }) {
    const port = await freePort()
    const file = await recipeFile('caddy/Caddyfile', [
      ['127.0.0.1:3000', `127.0.0.1:${broker}`],
      ['127.0.0.1:3003', `127.0.0.1:${api}`],
      ['api.example.com:8080', `api.example.com:${port}`],
      ['"none"', `"${secret}"`],
    ])
    return startProgram({
      name: 'caddy',
      port,
      // Nothing else of the machine's, and no port for administrators.
      files: () => ({ Caddyfile: `{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\n${file}` }),
      command: () => ['run', '--adapter', 'caddyfile', '--config', 'Caddyfile'],
      farewell: 'SIGTERM',
    })
  },
}

export const haproxy: Recipe = { name: 'HAProxy', start: (places) => startHaproxy(places) }

/** `more` changes of its file. */
export async function startHaproxy(
  { broker, api, secret, issuer }: Places,
  more: readonly (readonly [string, string])[] = [],
): Promise<Running> {
  const port = await freePort()
  const keys = await mkdtemp(join(tmpdir(), 'gatehouse-keys-'))
  await promisify(execFile)(process.execPath, [join(examples, 'haproxy/fetch-keys.mjs'), issuer, keys])
  // The abstract socket is the machine's, and others may run this at the same time.
  const socket = `abns@gatehouse-${port}`
  const lua = await recipeFile('haproxy/gatehouse.lua', [['abns@gatehouse', socket]])
  const file = await recipeFile('haproxy/haproxy.cfg', [
    ['127.0.0.1:3000', `127.0.0.1:${broker}`],
    ['127.0.0.1:3003', `127.0.0.1:${api}`],
    ['127.0.0.1:8080', `127.0.0.1:${port}`],
    ['http://localhost:3000', issuer],
    ['abns@gatehouse', socket],
    ['/etc/haproxy/gatehouse.lua', 'gatehouse.lua'],
    ['/etc/haproxy', keys],
    ['"none"', `"${secret}"`],
    ...more,
  ])
  const running = await startProgram({
    name: 'haproxy',
    port,
    files: () => ({ 'haproxy.cfg': file, 'gatehouse.lua': lua }),
    command: () => ['-db', '-f', 'haproxy.cfg'],
    farewell: 'SIGTERM',
  })
  await rm(keys, { recursive: true })
  return running
}

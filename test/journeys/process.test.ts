/** The process as an operator meets it: how it stops, and what it says when it cannot start. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../support/broker.ts'
import { startRedis } from '../support/redis.ts'

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

let folder: string
let children: ChildProcess[]
beforeEach(async () => {
  children = []
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

function run(env: Readonly<Record<string, string>>, parameters: readonly string[] = []) {
  const child = spawn(process.execPath, [main, ...parameters], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', DATABASE_URL: `sqlite:${join(folder, 'gatehouse.db')}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  return {
    child,
    exit: once(child, 'exit').then(([code]) => code),
    said: text(child.stdout),
    complained: text(child.stderr),
  }
}

/** What it has said by the time it was ready and then ended. */
async function untilReady({ child, exit, said }: ReturnType<typeof run>): Promise<readonly string[]> {
  let out = ''
  await new Promise<void>((done) =>
    child.stdout?.on('data', (data) => {
      out += data
      if (out.includes('is ready')) done()
    }),
  )
  child.kill('SIGTERM')
  expect(await exit).toBe(0)
  return (await said).split('\n')
}

async function ready(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
    if (answer?.ok) return
  }
}

/** A connection on which bytes are sent as they are. */
async function open(port: number) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return { socket, answer: text(socket).catch(String) }
}

describe('SIGTERM', () => {
  it('lets what is under way finish, waits for nobody who asks nothing, and ends with 0', async () => {
    const port = await freePort()
    const { child, exit, complained, said } = run({ PORT: String(port) })
    await ready(port)

    const idle = await open(port)
    idle.socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(idle.socket, 'readable')
    const mute = await open(port)
    const busy = await open(port)
    const body = 'grant_type=client_credentials&client_id=nobody'
    busy.socket.write(
      `POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    )
    // The broker has begun with the request once it answers another that came later.
    await fetch(`http://127.0.0.1:${port}/health/live`)
    child.kill('SIGTERM')
    expect(await idle.answer).toContain('200 OK')
    expect(await mute.answer).toBe('')
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow()
    expect(child.exitCode).toBe(null)

    busy.socket.write(body.slice(10))
    expect(await busy.answer).toMatch(/^HTTP\/1\.1 40[01] .*"error":"invalid_client"/s)
    expect(await exit).toBe(0)
    expect(await complained).toBe('')
    expect(await said).toContain('Gatehouse is ready')
  })

  it('ends with 0 where Redis is not what its address says', async () => {
    await using redis = await startRedis()
    // Neither ever comes about: no cluster, and one that answers no handshake.
    for (const url of [`redis+cluster://127.0.0.1:${redis.port}`, `rediss://127.0.0.1:${redis.port}`]) {
      const { child, exit, complained } = run({ PORT: String(await freePort()), REDIS_URL: url, LOG_LEVEL: 'silent' })
      await new Promise((done) => child.stdout?.once('data', done))
      child.kill('SIGTERM')
      expect(await exit, url).toBe(0)
      expect(await complained).toBe('')
    }
  })

  it('warns of a variable that is misspelt, once, whatever the number of workers', async () => {
    const env = { GATEHOUSE_METRICS_TOKN: 'hunter2', GATEHOUSE_SERVICE_HOST: '10.0.0.1' }
    const child = run({ PORT: String(await freePort()), GATEHOUSE_WORKERS: '2', ...env })
    const warnings = (await untilReady(child)).filter((line) => line.includes('environment variable'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(/GATEHOUSE_METRICS_TOKN is not a setting.*GATEHOUSE_METRICS_TOKEN is the nearest/)
    expect(warnings[0]).not.toContain('hunter2')
  })

  it('warns of arguments, which change nothing', async () => {
    const lines = await untilReady(run({ PORT: String(await freePort()) }, ['--port', '80']))
    expect(lines.filter((line) => line.includes('arguments change nothing'))).toHaveLength(1)
  })

  it('says where it listens, where that is not what its issuer says', async () => {
    const port = await freePort()
    for (const workers of ['1', '2']) {
      const elsewhere = { GATEHOUSE_ISSUER: 'https://login.example.com', GATEHOUSE_WORKERS: workers }
      expect(await untilReady(run({ PORT: String(port), ...elsewhere }))).toContain(
        `  listens  http://127.0.0.1:${port}`,
      )
      const free = await untilReady(run({ PORT: '0', GATEHOUSE_WORKERS: workers }))
      expect(free).toContainEqual(expect.stringMatching(/^ {2}listens {2}http:\/\/127\.0\.0\.1:[1-9]\d*$/))
    }
    expect((await untilReady(run({ PORT: String(port) }))).join()).not.toContain('listens')
  })

  it('ends a start that is under way', async () => {
    const { child, exit } = run({ PORT: String(await freePort()) })
    await new Promise((done) => child.stdout?.once('data', done))
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  })
})

it('says nothing on stderr about browsers that go away in the middle', async () => {
  const port = await freePort()
  const { child, exit, complained } = run({ PORT: String(port), LOG_LEVEL: 'silent' })
  await ready(port)
  for (const request of [
    'POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\nx',
    'GET /.well-known/openid-configuration HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET / HTTP/1.1\r\nHo',
    'nonsense\r\n\r\n',
  ]) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(request)
    socket.resetAndDestroy()
  }
  await ready(port)
  child.kill('SIGTERM')
  expect(await exit).toBe(0)
  expect(await complained).toBe('')
})

describe('a start that cannot be', () => {
  const inWords = (complaint: string) => {
    expect(complaint).not.toMatch(/^\s+at /m)
    expect(complaint).not.toContain('node:internal')
  }

  it('says that the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const { exit, complained, said } = run({ PORT: String(port) })
    expect(await exit).toBe(1)
    expect(await complained).toBe(
      `Cannot listen on 127.0.0.1:${port} (HOST, PORT): another program listens there already\n`,
    )
    expect(await said).toBe('')
    other.close()
  })

  it('lists every problem of the configuration', async () => {
    const file = join(folder, 'mine.yaml')
    await writeFile(file, 'lisen: 1\nlifetimes:\n  access_token: soon\n')
    const { exit, complained } = run({
      GATEHOUSE_CONFIG: file,
      PORT: 'http',
      GATEHOUSE_ISSUER: 'http://login.example.com',
    })
    expect(await exit).toBe(1)
    const complaint = await complained
    for (const path of ['lisen', 'lifetimes.access_token', 'listen.port', 'issuer'])
      expect(complaint).toContain(`- ${path}`)
    inWords(complaint)
  })

  it('names a setting whose address cannot be used', async () => {
    const { exit, complained } = run({ REDIS_URL: 'redis+sentinel://:hunter2@localhost' })
    expect(await exit).toBe(1)
    const complaint = await complained
    expect(complaint).toContain('redis_url: the name of the primary is missing')
    expect(complaint).not.toContain('hunter2')
    inWords(complaint)
  })

  it('tells that the database server is away', async () => {
    const { exit, complained } = run({
      DATABASE_URL: 'postgres://gatehouse:hunter2@127.0.0.1:1/gatehouse',
      GATEHOUSE_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    })
    expect(await exit).toBe(1)
    expect(await complained).toBe('The database does not answer: connect ECONNREFUSED 127.0.0.1:1\n')
  })

  it('tells a folder that cannot be written, and a key that is none', async () => {
    await writeFile(join(folder, 'secret.key'), 'nonsense')
    await writeFile(join(folder, 'file'), '')
    for (const database of ['gatehouse.db', 'file/gatehouse.db']) {
      const { exit, complained } = run({ DATABASE_URL: `sqlite:${join(folder, database)}` })
      expect(await exit).toBe(1)
      inWords(await complained)
    }
  })

  it('tells that the database was written with another key', async () => {
    const first = run({ PORT: String(await freePort()) })
    await new Promise((done) => first.child.stdout?.once('data', done))
    first.child.kill('SIGTERM')
    expect(await first.exit).toBe(0)
    const { exit, complained } = run({
      PORT: String(await freePort()),
      GATEHOUSE_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    })
    expect(await exit).toBe(1)
    expect(await complained).toContain('GATEHOUSE_SECRET_KEY')
    inWords(await complained)
  })

  it('tells that the key of the database is not there, and makes no other', async () => {
    const first = run({ PORT: String(await freePort()) })
    await new Promise((done) => first.child.stdout?.once('data', done))
    first.child.kill('SIGTERM')
    expect(await first.exit).toBe(0)
    await rm(join(folder, 'secret.key'))
    const { exit, complained } = run({ PORT: String(await freePort()) })
    expect(await exit).toBe(1)
    expect(await complained).toMatch(/secret\.key is missing, and .* set GATEHOUSE_SECRET_KEY\n$/)
    expect(await readdir(folder)).toEqual(['gatehouse.db'])
  })
})

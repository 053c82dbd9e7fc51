import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGzip, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createOutbound, type Lookup } from '../../src/outbound/outbound.ts'

const inside = { allowPrivateAddresses: true }
const outside = { allowPrivateAddresses: false }

let server: Server
let port: number
let calls: string[] = []
let answer: RequestListener = (_, res) => void res.end('hello')

beforeAll(async () => {
  server = createServer((req, res) => {
    calls.push(`${req.method} ${req.url}`)
    answer(req, res)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
afterEach(() => {
  calls = []
  answer = (_, res) => void res.end('hello')
})

const outbound = (options: { timeout?: number; maxResponseBytes?: number; lookup?: Lookup } = {}) =>
  createOutbound({ timeout: 2, maxResponseBytes: 65_536, ...options })
const names =
  (table: Record<string, string[]>): Lookup =>
  async (hostname) =>
    (table[hostname] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

describe('what it carries', () => {
  it('sends method, headers and form, and gives the whole answer', async () => {
    let seen = ''
    answer = async (req, res) => {
      for await (const chunk of req) seen += chunk
      res.writeHead(418, { 'content-type': 'text/plain', 'x-had': req.headers['x-sent'] }).end('short and stout')
    }
    await using http = outbound()
    const response = await http.fetch(
      `http://127.0.0.1:${port}/form`,
      { method: 'POST', headers: { 'x-sent': 'yes' }, body: new URLSearchParams({ a: '1 2' }) },
      inside,
    )
    expect([response.status, response.headers.get('x-had'), await response.text()]).toEqual([
      418,
      'yes',
      'short and stout',
    ])
    expect([seen, calls]).toEqual(['a=1+2', ['POST /form']])
  })

  it('unpacks a compressed answer and forgets that it was compressed', async () => {
    answer = (_, res) => void res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"a":1}'))
    await using http = outbound()
    const response = await http.fetch(`http://localhost:${port}/`, {}, inside)
    expect(await response.json()).toEqual({ a: 1 })
    expect(response.headers.has('content-encoding')).toBe(false)
  })

  it('pays no attention to a proxy in the environment', async () => {
    for (const name of ['HTTP_PROXY', 'http_proxy']) vi.stubEnv(name, 'http://127.0.0.1:9')
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    await using http = outbound()
    expect((await http.fetch(`http://127.0.0.1:${port}/`, {}, inside)).status).toBe(200)
    vi.unstubAllEnvs()
  })
})

describe('SEC-108 where it does not go', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '127.0.0.1.',
    '１２７.0.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.0.192',
    '198.18.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fec0::1]',
    '[ff02::1]',
    '[::ffff:0:127.0.0.1]',
    '[4000::1]',
  ])('SEC-108 refuses https://%s', async (host) => {
    await using http = outbound()
    await expect(http.fetch(`https://${host}:${port}/`, {}, outside)).rejects.toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
    })
    expect(calls).toEqual([])
  })

  it.each(['169.254.169.254', '168.63.129.16', '[fd00:ec2::254]', '0.0.0.0', '[fe80::1]'])(
    'SEC-108 refuses %s even where private addresses are allowed',
    async (host) => {
      await using http = outbound()
      await expect(http.fetch(`http://${host}:${port}/`, {}, inside)).rejects.toMatchObject({
        code: 'ADDRESS_NOT_ALLOWED',
      })
    },
  )

  it.each([
    ['a name for loopback', ['127.0.0.1']],
    ['a name for IPv6 loopback', ['::1']],
    ['a name for the metadata service', ['169.254.169.254']],
    ['one private address among public ones', ['93.184.215.14', '10.0.0.1']],
    ['a mapped address', ['::ffff:127.0.0.1']],
  ])('SEC-108 refuses %s', async (_, addresses) => {
    await using http = outbound({ lookup: names({ 'idp.example': addresses }) })
    await expect(http.fetch(`https://idp.example:${port}/`, {}, outside)).rejects.toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
    })
    expect(calls).toEqual([])
  })

  it('SEC-108 connects to the very answer it vetted: a name that changes its mind gains nothing', async () => {
    const answers = ['127.0.0.1', '93.184.215.14', '169.254.169.254']
    let asked = 0
    answer = (_, res) => void res.setHeader('connection', 'close').end()
    await using http = outbound({ lookup: async () => [{ address: answers[asked++] ?? '::', family: 4 }] })
    expect((await http.fetch(`http://idp.example:${port}/`, {}, inside)).status).toBe(200)
    expect(asked).toBe(1)
    for (const _ of [1, 2]) {
      await expect(http.fetch(`http://idp.example:${port}/`, {}, inside)).rejects.toMatchObject({
        code: 'ADDRESS_NOT_ALLOWED',
      })
    }
    expect([asked, calls]).toEqual([3, ['GET /']])
  })

  it('SEC-108 uses no connection that a more permissive caller has opened', async () => {
    await using http = outbound({ lookup: names({ 'idp.example': ['127.0.0.1'] }) })
    expect((await http.fetch(`http://idp.example:${port}/`, {}, inside)).status).toBe(200)
    await expect(http.fetch(`https://idp.example:${port}/`, {}, inside)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    })
    await expect(http.fetch(`https://idp.example:${port}/`, {}, outside)).rejects.toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
    })
  })

  it('SEC-108 speaks plain http to private addresses only', async () => {
    await using http = outbound({ lookup: names({ 'idp.example': ['93.184.215.14'] }) })
    await expect(http.fetch('http://idp.example/', {}, inside)).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' })
    await expect(http.fetch('http://93.184.215.14/', {}, inside)).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' })
    await expect(http.fetch('http://idp.example/', {}, outside)).rejects.toMatchObject({ code: 'URL_INVALID' })
  })

  it.each([
    'ftp://idp.example/',
    'file:///etc/passwd',
    'data:text/plain,hi',
    'nonsense',
    '//idp.example/',
    'https://me:secret@idp.example/',
  ])('SEC-108 does not take %s for an address', async (url) => {
    await using http = outbound()
    const failure = await http.fetch(url, {}, inside).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'URL_INVALID' })
    expect(String(failure)).not.toContain('secret')
  })

  it.each([301, 302, 303, 307, 308])('SEC-108 follows no redirect (%i)', async (status) => {
    answer = (req, res) =>
      void (req.url === '/' ? res.writeHead(status, { location: '/inside' }).end() : res.end('inside'))
    await using http = outbound()
    await expect(http.fetch(`http://127.0.0.1:${port}/`, {}, inside)).rejects.toMatchObject({
      code: 'REMOTE_HOST_RESPONDED_WITH_ERROR',
    })
    expect(calls).toEqual(['GET /'])
  })
})

describe('SEC-109 what it does not wait for', () => {
  const endless: RequestListener = (_, res) => {
    const more = () => {
      while (!res.destroyed && res.write('x'.repeat(16_384))) {}
      if (!res.destroyed) res.once('drain', more)
    }
    more()
  }

  it('SEC-109 cuts an endless answer at the limit, and hangs up', async () => {
    let hungUp = false
    answer = (req, res) => {
      res.once('close', () => {
        hungUp = true
      })
      endless(req, res)
    }
    await using http = outbound()
    await expect(http.fetch(`http://127.0.0.1:${port}/`, {}, inside)).rejects.toMatchObject({
      code: 'REMOTE_HOST_RESPONDED_WITH_ERROR',
    })
    await expect.poll(() => hungUp).toBe(true)
  })

  it('SEC-109 counts after decompression: a small packet that unfolds without end is cut', async () => {
    answer = (_, res) => {
      res.writeHead(200, { 'content-encoding': 'gzip' })
      const gzip = createGzip({ level: 9 })
      gzip.pipe(res)
      res.once('close', () => gzip.destroy())
      const zeros = Buffer.alloc(1_048_576)
      const more = () => void (!gzip.destroyed && gzip.write(zeros, () => setImmediate(more)))
      gzip.on('error', () => {})
      more()
    }
    await using http = outbound()
    const before = process.memoryUsage().rss
    await expect(http.fetch(`http://127.0.0.1:${port}/`, {}, inside)).rejects.toMatchObject({
      code: 'REMOTE_HOST_RESPONDED_WITH_ERROR',
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1_048_576)
  })

  it('SEC-109 accepts an answer of exactly the limit, and not one byte more', async () => {
    await using http = outbound({ maxResponseBytes: 100 })
    answer = (_, res) => void res.end('x'.repeat(100))
    expect(await (await http.fetch(`http://127.0.0.1:${port}/`, {}, inside)).text()).toHaveLength(100)
    answer = (_, res) => void res.end('x'.repeat(101))
    await expect(http.fetch(`http://127.0.0.1:${port}/`, {}, inside)).rejects.toMatchObject({
      code: 'REMOTE_HOST_RESPONDED_WITH_ERROR',
    })
  })

  it.each<[string, RequestListener]>([
    ['never answers', () => {}],
    ['sends its headers and then nothing', (_, res) => res.writeHead(200).flushHeaders()],
    [
      'drips a byte at a time',
      async (_, res) => {
        res.writeHead(200)
        while (!res.destroyed) {
          res.write('x')
          await sleep(50)
        }
      },
    ],
  ])('SEC-109 gives up on a host that %s', async (_, slow) => {
    answer = slow
    await using http = outbound({ timeout: 0.4 })
    const started = performance.now()
    await expect(http.fetch(`http://127.0.0.1:${port}/`, {}, inside)).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' })
    expect(performance.now() - started).toBeLessThan(1500)
  })

  it('SEC-109 gives up on a name server that never answers', async () => {
    await using http = outbound({ timeout: 0.3, lookup: () => new Promise(() => {}) })
    await expect(http.fetch('https://idp.example/', {}, outside)).rejects.toMatchObject({ code: 'REQUEST_TIMEOUT' })
  })

  it('SEC-109 refuses headers without end', async () => {
    answer = (_, res) => void res.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end()
    await using http = outbound()
    await expect(http.fetch(`http://127.0.0.1:${port}/`, {}, inside)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    })
  })
})

describe('what it says when it fails', () => {
  it('tells an unknown host from a closed port and a broken connection', async () => {
    await using http = outbound({
      lookup: async (hostname) => {
        throw Object.assign(new Error('getaddrinfo'), { code: hostname === 'gone.example' ? 'ENOTFOUND' : 'EAI_AGAIN' })
      },
    })
    const codeOf = (url: string) => http.fetch(url, {}, inside).catch(({ code }: { code: string }) => code)
    expect(await codeOf('https://gone.example/')).toBe('UNKNOWN_HOST')
    expect(await codeOf('https://later.example/')).toBe('UNKNOWN_HOST')
    expect(await codeOf('http://127.0.0.1:9/')).toBe('CONNECTION_FAILED')
    answer = (req) => void req.socket.destroy()
    expect(await codeOf(`http://127.0.0.1:${port}/`)).toBe('CONNECTION_FAILED')
  })

  it('never quotes the query', async () => {
    await using http = outbound()
    const failure = await http.fetch('http://127.0.0.1:9/token?code=hush', {}, inside).catch((error: unknown) => error)
    expect(String(failure)).toContain('http://127.0.0.1:9/token')
    expect(String(failure)).not.toContain('hush')
  })
})

/** The middleware in front of an API: what is covered, and what is not sent at all, on real servers. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import express from 'express'
import Koa from 'koa'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { maskForExpress } from '../../examples/mask/express.ts'
import { maskForKoa } from '../../examples/mask/koa.ts'
import { CannotMask, maskJson, readMasks } from '../../examples/mask/mask.ts'

const ssn = '987-65-4320'
const patient = { name: 'Ada', ssn, visits: [{ ssn, note: 'a' }, { note: 'b' }] }
const masks = '[["$..ssn","#########"]]'
const covered = { name: 'Ada', ssn: '#########', visits: [{ ssn: '#########', note: 'a' }, { note: 'b' }] }

describe('masks', () => {
  const apply = (document: unknown, ...paths: string[]) =>
    JSON.parse(
      maskJson(
        JSON.stringify(document),
        paths.map((path) => [path, 'X'] as const),
      ),
    )

  it.each([
    ['$.a', { a: 1, b: 2 }, { a: 'X', b: 2 }],
    ['$.a.b', { a: { b: { c: 1 } } }, { a: { b: 'X' } }],
    ["$['a b']", { 'a b': 1 }, { 'a b': 'X' }],
    ['$[1]', [1, 2], [1, 'X']],
    ['$.a[*].b', { a: [{ b: 1 }, { b: 2, c: 3 }] }, { a: [{ b: 'X' }, { b: 'X', c: 3 }] }],
    ['$.a.*', { a: { b: 1, c: [2] } }, { a: { b: 'X', c: 'X' } }],
    ['$..b', { b: 1, a: [{ b: { b: 2 } }] }, { b: 'X', a: [{ b: 'X' }] }],
    ['$..*', { a: { b: 1 } }, { a: 'X' }],
    ['$.a', [{ a: 1 }], [{ a: 1 }]],
    ['$.__proto__', JSON.parse('{"__proto__":1,"a":2}'), JSON.parse('{"__proto__":"X","a":2}')],
  ])('%s covers %j', (path, document, expected) => {
    expect(apply(document, path)).toEqual(expected)
  })

  it('follow one another, and leave numbers as they were written', () => {
    expect(apply({ a: { b: 1 }, c: 2 }, '$.a', '$.a.b', '$.c')).toEqual({ a: 'X', c: 'X' })
    const exact = '{"a":12345678901234567890,"b":1.50,"c":1e400,"d":-0.0,"e":[0.1],"f":"x"}'
    expect(maskJson(exact, [['$.f', 'y']])).toBe(exact.replace('"x"', '"y"'))
  })

  it('cannot be followed in what is no JSON, nor where they are none', () => {
    for (const text of ['', '{', '{"a":1}{"a":2}', 'undefined'])
      expect(() => maskJson(text, [['$.a', 'X']])).toThrow(CannotMask)
    expect(() => maskJson('{}', [['$..[?eval(1)]', 'X']])).toThrow(CannotMask)
    expect(() => maskJson('{}', [['$', 'X']])).toThrow(CannotMask)
    expect(() => maskJson(`${'['.repeat(500)}1${']'.repeat(500)}`, [['$..a', 'X']])).toThrow(CannotMask)
    for (const header of [undefined, '', 'x', '{}', '[["a","b"]]', '[["$.a"]]', '[], []', ['[]', '[]']])
      expect(() => readMasks(header)).toThrow(CannotMask)
    expect(readMasks('[]')).toEqual([])
  })
})

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

/** What an API may do with a response, and what comes of it. */
const plain =
  (type: string | undefined, body: string | Buffer, more: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(200, { ...(type && { 'Content-Type': type }), ...more })
    response.end(body)
  }
const text = JSON.stringify(patient)
const json = 'application/json; charset=utf-8'

const masked: Readonly<Record<string, Answer>> = {
  whole: plain(json, text, {
    ETag: '"1"',
    'Content-Length': String(Buffer.byteLength(text)),
    'Accept-Ranges': 'bytes',
  }),
  'with a flat list of headers': (_, response) => {
    response.writeHead(200, 'Fine', ['Content-Type', json, 'ETag', '"1"'])
    response.end(text, 'utf8')
  },
  problem: plain('application/problem+json', text),
  'without a type': plain(undefined, text),
  'in pieces, through the middle of a letter': (_, response) => {
    response.statusCode = 200
    response.setHeader('Content-Type', json)
    for (const byte of Buffer.from(JSON.stringify({ ...patient, place: 'Zürich' }))) response.write(Buffer.of(byte))
    response.end()
  },
  gzip: plain(json, gzipSync(text), { 'Content-Encoding': 'gzip' }),
  deflate: plain(json, deflateSync(text), { 'Content-Encoding': 'deflate' }),
  brotli: plain(json, brotliCompressSync(text), { 'Content-Encoding': 'br' }),
  zstandard: plain(json, zstdCompressSync(text), { 'Content-Encoding': 'zstd' }),
  'that whoever hands it on says is chunked': plain(json, text, { 'Transfer-Encoding': 'chunked' }),
  'with something behind it': (_, response) => {
    response.writeHead(200, { 'Content-Type': json, Trailer: 'Digest' })
    response.write(text)
    response.addTrailers({ Digest: 'sha-256=x' })
    response.end()
  },
  'encoded twice': plain(json, brotliCompressSync(gzipSync(text)), { 'Content-Encoding': 'gzip, br' }),
}

const refused: Readonly<Record<string, Answer>> = {
  'that is cut': plain(json, text.slice(0, -3)),
  'of several documents': plain('application/x-ndjson', `${text}\n${text}\n`),
  'in another charset': plain(json, Buffer.from(text.replace('Ada', 'Ad\u00e4'), 'latin1')),
  'in an encoding that is unknown': plain(json, text, { 'Content-Encoding': 'compress' }),
  'that is not encoded as it says': plain(json, text, { 'Content-Encoding': 'gzip' }),
  'that is a part': (_, response) => {
    response.writeHead(206, { 'Content-Type': json, 'Content-Range': 'bytes 0-9/100' })
    response.end(text)
  },
  'that is too long': (_, response) => {
    response.setHeader('Content-Type', json)
    for (let n = 0; n < 11; n += 1) response.write(Buffer.alloc(1024 * 1024, ' '))
    response.end(text)
  },
  'that is small only while it is packed': plain(json, gzipSync(Buffer.alloc(20 * 1024 * 1024, ' ')), {
    'Content-Encoding': 'gzip',
  }),
}

const servers: Readonly<Record<string, (answer: () => Answer) => RequestListener>> = {
  Koa(answer) {
    const app = new Koa()
    app.use(maskForKoa)
    app.use((ctx) => {
      ctx.respond = false
      answer()(ctx.req, ctx.res)
    })
    return app.callback()
  },
  Express(answer) {
    const app = express()
    app.use(maskForExpress)
    app.use((request, response) => void answer()(request, response))
    return app
  },
}

describe.each(Object.keys(servers))('%s', (name) => {
  let reached = 0
  let answer: Answer = plain(json, text)
  const listener = servers[name]?.(() => {
    reached += 1
    return answer
  })
  const server = createServer(listener)
  let url = ''

  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await once(server.listen(0, '127.0.0.1'), 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    vi.restoreAllMocks()
    server.close()
  })

  async function ask(
    next: Answer,
    headers: Readonly<Record<string, string>> = { 'x-auth-mask': masks },
    method = 'GET',
  ) {
    answer = next
    const response = await fetch(url, { headers, method })
    return { status: response.status, headers: response.headers, body: await response.text() }
  }

  it.each(Object.keys(masked))('covers what may not be seen in an answer %s', async (kind) => {
    const { status, headers, body } = await ask(masked[kind] ?? plain(json, ''))
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject(covered)
    expect(body).not.toContain(ssn)
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(body)))
    for (const gone of ['etag', 'content-encoding', 'accept-ranges']) expect(headers.get(gone)).toBeNull()
  })

  it.each(Object.keys(refused))('sends nothing of an answer %s', async (kind) => {
    const { status, body, headers } = await ask(refused[kind] ?? plain(json, ''))
    expect([status, body]).toEqual([500, '{"error":"could_not_mask"}\n'])
    expect(headers.get('content-encoding')).toBeNull()
  })

  it('shows everything to those for whom nothing is covered, as it was sent', async () => {
    const { body, headers } = await ask(masked.gzip ?? plain(json, ''), { 'x-auth-mask': '[]' })
    expect(JSON.parse(body)).toEqual(patient)
    expect(headers.get('content-encoding')).toBe('gzip')
  })

  it('lets nobody reach the API without the word of the gateway', async () => {
    const before = reached
    const unsaid: readonly Record<string, string>[] = [{}, { 'x-auth-mask': 'x' }, { 'x-auth-mask': '' }]
    for (const headers of unsaid) expect((await ask(plain(json, text), headers)).status).toBe(500)
    expect(reached).toBe(before)
  })

  it('asks the API for the whole, not for a part or what is new', async () => {
    const seen: unknown[] = []
    const wishes = { range: 'bytes=0-5', 'if-none-match': '"1"', 'if-modified-since': new Date().toUTCString() }
    await ask(
      (request, response) => {
        for (const wish of Object.keys(wishes)) seen.push(request.headers[wish])
        plain(json, text)(request, response)
      },
      { 'x-auth-mask': masks, ...wishes },
    )
    expect(seen).toEqual([undefined, undefined, undefined])
  })

  it('lets through what is no JSON while it is written', async () => {
    const more = Promise.withResolvers<void>()
    answer = async (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('data: one\n\n')
      await more.promise
      response.end('data: two\n\n')
    }
    const response = await fetch(url, { headers: { 'x-auth-mask': masks } })
    const reader = response.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: one\n\n')
    more.resolve()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: two\n\n')
  })

  it('leaves answers without a body without one', async () => {
    const head = await ask(masked.whole ?? plain(json, ''), { 'x-auth-mask': masks }, 'HEAD')
    expect([head.status, head.body, head.headers.get('etag')]).toEqual([200, '', null])
    const nothing = await ask((_, response) => void response.writeHead(204).end())
    expect([nothing.status, nothing.body]).toEqual([204, ''])
  })
})

it('Koa’s own bodies are covered: an object, a text, a stream', async () => {
  const app = new Koa()
  const bodies: unknown[] = [patient, text, Buffer.from(text), Readable.from([text.slice(0, 9), text.slice(9)])]
  app.use(maskForKoa)
  app.use((ctx) => {
    ctx.type = 'json'
    ctx.body = bodies.shift()
  })
  const server = createServer(app.callback())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  for (const _ of [1, 2, 3, 4])
    expect(await (await fetch(`http://127.0.0.1:${port}`, { headers: { 'x-auth-mask': masks } })).json()).toEqual(
      covered,
    )
  server.close()
})

it('so are those of Express, with its own ETags', async () => {
  const app = express()
  app.use(maskForExpress)
  app.get('/', (_, response) => void response.json(patient))
  const server = createServer(app)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}`, { headers: { 'x-auth-mask': masks } })
  expect(await response.json()).toEqual(covered)
  expect(response.headers.get('etag')).toBeNull()
  server.close()
})

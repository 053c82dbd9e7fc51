import type { Middleware } from 'koa'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ignoreEvents } from '../../src/events.ts'
import { readForm, readJson } from '../../src/http/bodies.ts'
import { answerErrors } from '../../src/http/errors.ts'
import { silent } from '../../src/log.ts'
import { listen } from './listen.ts'
import { raw } from './raw.ts'

const serve = (handler: Middleware) =>
  listen([answerErrors({ report: ignoreEvents, log: silent, problemPage: () => '' }), handler])

const serveForm = (options = {}) =>
  serve(async (ctx) => {
    ctx.body = [...(await readForm(ctx, options))]
  })

const serveJson = (options = {}) =>
  serve(async (ctx) => {
    ctx.body = { read: await readJson(ctx, z.json(), options) }
  })

const post = (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(`${url}/admin/api`, { method: 'POST', body, headers })

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const json = { 'content-type': 'application/json; charset=UTF-8' }

describe('readForm', () => {
  it('reads fields as they were meant', async () => {
    await using server = await serveForm()
    const answer = await post(server.url, 'username=Zo%C3%AB+B&password=a%2Bb%25', form)
    expect(await answer.json()).toEqual([
      ['username', 'Zoë B'],
      ['password', 'a+b%'],
    ])
  })

  it('refuses a field that comes twice, unless it is a list', async () => {
    await using server = await serveForm({ lists: ['source'] })
    expect((await post(server.url, 'source=a&source=b', form)).status).toBe(200)
    const answer = await post(server.url, 'csrf=a&csrf=b', form)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ errors: [{ path: 'csrf', message: 'must be given once' }] })
  })

  it.each(['a=%FF', 'a=%C3', 'a=%', 'a=%zz', 'a=%00', 'a=%ED%A0%80'])(
    'refuses what is not UTF-8 text: %s',
    async (body) => {
      await using server = await serveForm()
      expect((await post(server.url, body, form)).status).toBe(400)
    },
  )

  it('refuses raw bytes that are not UTF-8', async () => {
    await using server = await serveForm()
    expect((await post(server.url, new Uint8Array([0x61, 0x3d, 0xff]), form)).status).toBe(400)
  })

  it.each([
    { 'content-type': 'multipart/form-data; boundary=x' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/json' },
    { ...form, 'content-encoding': 'gzip' },
    { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16' },
  ])('refuses other media types: %o', async (headers) => {
    await using server = await serveForm()
    expect((await post(server.url, 'a=b', headers)).status).toBe(415)
  })

  it('SEC-110 accepts the limit and refuses one byte more, and more fields than a form has', async () => {
    await using server = await serveForm()
    const limit = 64 * 1024
    expect((await post(server.url, `a=${'x'.repeat(limit - 2)}`, form)).status).toBe(200)
    expect((await post(server.url, `a=${'x'.repeat(limit - 1)}`, form)).status).toBe(413)
    const fields = (count: number) => Array.from({ length: count }, (_, index) => `f${index}=`).join('&')
    expect((await post(server.url, fields(200), form)).status).toBe(200)
    expect((await post(server.url, fields(201), form)).status).toBe(413)
  })

  it('SEC-110 refuses by the announced length without waiting for the body', async () => {
    await using server = await serveForm()
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${form['content-type']}\r\ncontent-length: 104857600\r\n\r\n`
    expect(await raw(server.port, head)).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('SEC-110 stops reading a body of unannounced length at the limit', async () => {
    await using server = await serveForm({ limit: 1024 })
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-type: ${form['content-type']}\r\ntransfer-encoding: chunked\r\n\r\n`
    expect(await raw(server.port, `${head}${`400\r\n${'x'.repeat(1024)}\r\n`.repeat(2)}`)).toMatch(/^HTTP\/1\.1 413 /)
  })
})

describe('readJson', () => {
  it('parses with the schema and names every problem', async () => {
    await using server = await serve(async (ctx) => {
      ctx.body = await readJson(
        ctx,
        z.strictObject({ name: z.string().min(1), nested: z.strictObject({ port: z.int() }) }),
      )
    })
    const good = { name: 'x', nested: { port: 1 } }
    expect(await (await post(server.url, JSON.stringify(good), json)).json()).toEqual(good)
    const answer = await post(server.url, '{"name":"","nested":{"port":"x","sort":1},"nmae":1}', json)
    expect(answer.status).toBe(400)
    const { errors } = (await answer.json()) as { errors: { path: string }[] }
    expect(errors.map(({ path }) => path).sort()).toEqual(['name', 'nested.port', 'nested.sort', 'nmae'])
  })

  it.each([
    ['nothing', ''],
    ['half', '{"a":'],
    ['a form', 'a=b'],
    ['a prototype', '{"a":{"__proto__":{"admin":true}}}'],
    ['NUL', '"a\\u0000b"'],
    ['half a surrogate pair', '{"\\ud800":1}'],
    ['twenty-one levels', `${'['.repeat(21)}${']'.repeat(21)}`],
    ['very many levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('SEC-110 refuses %s', async (_, body) => {
    await using server = await serveJson()
    expect((await post(server.url, body, json)).status).toBe(400)
  })

  it('accepts twenty levels, and no byte over its limit', async () => {
    await using server = await serveJson({ limit: 40 })
    expect((await post(server.url, `${'['.repeat(20)}${']'.repeat(20)}`, json)).status).toBe(200)
    expect((await post(server.url, JSON.stringify('x'.repeat(39)), json)).status).toBe(413)
  })

  it('reads only the media types it was told', async () => {
    await using server = await serveJson({ types: ['application/merge-patch+json'] })
    expect((await post(server.url, '{}', { 'content-type': 'application/merge-patch+json' })).status).toBe(200)
    expect((await post(server.url, '{}', json)).status).toBe(415)
  })
})

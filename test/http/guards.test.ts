import type { Middleware } from 'koa'
import { describe, expect, it } from 'vitest'
import { ignoreEvents } from '../../src/events.ts'
import { readForm } from '../../src/http/bodies.ts'
import { createCsrf } from '../../src/http/csrf.ts'
import { answerErrors } from '../../src/http/errors.ts'
import { requireMatch, setETag } from '../../src/http/etag.ts'
import { pinOrigin } from '../../src/http/origin.ts'
import { securityHeaders } from '../../src/http/security-headers.ts'
import { silent } from '../../src/log.ts'
import { listen } from './listen.ts'
import { raw } from './raw.ts'

const issuer = 'https://login.example.com'
const errors = answerErrors({ report: ignoreEvents, log: silent, problemPage: () => '' })

describe('form tokens', () => {
  const key = (byte: number) => new Uint8Array(32).fill(byte)
  const csrf = createCsrf([key(1)])

  const serve = (guard = csrf) =>
    listen([
      pinOrigin(issuer, []),
      errors,
      async (ctx) => {
        guard.check(ctx, await readForm(ctx), 'uid-1')
        ctx.body = 'welcome'
      },
    ])

  const send = async (url: string, token: string | undefined, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams(token === undefined ? {} : { csrf: token })
    return (await fetch(url, { method: 'POST', body, headers })).status
  }

  it('let in the form that was made for this browser', async () => {
    await using server = await serve()
    expect(await send(server.url, csrf.token('uid-1'))).toBe(200)
    expect(await send(server.url, csrf.token('uid-1'), { 'sec-fetch-site': 'same-origin', origin: issuer })).toBe(200)
  })

  it('refuse every other', async () => {
    await using server = await serve()
    const good = csrf.token('uid-1')
    for (const token of [
      undefined,
      '',
      'x',
      csrf.token('uid-2'),
      csrf.token(''),
      good.slice(0, -2),
      `${good}AA`,
      createCsrf([key(2)]).token('uid-1'),
    ]) {
      expect(await send(server.url, token), token).toBe(403)
    }
  })

  it('refuse a form that another site sent, even with a good token', async () => {
    await using server = await serve()
    const good = csrf.token('uid-1')
    for (const site of ['cross-site', 'same-site', 'none', 'nonsense']) {
      expect(await send(server.url, good, { 'sec-fetch-site': site })).toBe(403)
    }
    for (const origin of ['https://evil.test', 'http://login.example.com', 'https://login.example.com:8443']) {
      expect(await send(server.url, good, { origin })).toBe(403)
    }
  })

  it('take Origin: null for the silence that our own Referrer-Policy makes of it', async () => {
    await using server = await serve()
    expect(await send(server.url, csrf.token('uid-1'), { origin: 'null', 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await send(server.url, csrf.token('uid-2'), { origin: 'null' })).toBe(403)
  })

  it('outlive the rotation of the key', async () => {
    await using server = await serve(createCsrf([key(2), key(1)]))
    expect(await send(server.url, csrf.token('uid-1'))).toBe(200)
  })
})

describe('If-Match', () => {
  it.each([
    [undefined, 200],
    ['*', 200],
    ['"3"', 200],
    ['"1", "3"', 200],
    ['"4"', 412],
    ['"1","2"', 412],
    ['W/"3"', 412],
    ['3', 412],
    ['"33"', 412],
  ])('%s against version 3 is answered %i', async (condition, status) => {
    const handler: Middleware = (ctx) => {
      requireMatch(ctx, 3)
      setETag(ctx, 4)
      ctx.body = 'changed'
    }
    await using server = await listen([errors, handler])
    const answer = await fetch(server.url, {
      method: 'PUT',
      headers: condition === undefined ? {} : { 'if-match': condition },
    })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('etag')).toBe(status === 200 ? '"4"' : null)
  })
})

describe('security headers', () => {
  const hello: Middleware = (ctx) => {
    if (ctx.path === '/fail') throw new Error('failed')
    ctx.body = 'hello'
  }

  it('are on answers and on failures alike', async () => {
    await using server = await listen([securityHeaders({ issuer, relayed: '/verify/' }), errors, hello])
    for (const path of ['/', '/fail']) {
      const { headers } = await fetch(server.url + path)
      expect(headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'")
      expect(headers.get('content-security-policy')).not.toMatch(/form-action|unsafe/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/)
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
    }
  })

  it('leave it to an API what browsers may do at its address', async () => {
    await using server = await listen([securityHeaders({ issuer, relayed: '/verify/' }), errors, hello])
    const { headers } = await fetch(`${server.url}/verify/forwarded`)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    for (const name of ['content-security-policy', 'strict-transport-security', 'cross-origin-resource-policy'])
      expect(headers.get(name)).toBeNull()
  })

  it('ask for https only where the issuer has it', async () => {
    await using server = await listen([
      securityHeaders({ issuer: 'http://localhost:3000', relayed: '/verify/' }),
      hello,
    ])
    expect((await fetch(server.url)).headers.get('strict-transport-security')).toBeNull()
  })
})

describe('the server', () => {
  const hello: Middleware = (ctx) => {
    ctx.body = 'hello'
  }
  const readsForm: Middleware = async (ctx) => {
    ctx.body = [...(await readForm(ctx))]
  }

  it('SEC-110 refuses a head that is larger than its limit', async () => {
    await using server = await listen([hello])
    expect(
      await raw(server.port, `GET /${'x'.repeat(15_000)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 200/)
    expect(await raw(server.port, `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431/)
    expect(await raw(server.port, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431/,
    )
  })

  it('SEC-110 does not wait for a head or a body that trickles in', async () => {
    const quick = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 }
    await using server = await listen([errors, readsForm], quick)
    expect(await raw(server.port, 'GET / HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1\.1 408/)
    const slow =
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 9\r\n\r\na'
    expect(await raw(server.port, slow)).toMatch(/^HTTP\/1\.1 408/)
  })
})

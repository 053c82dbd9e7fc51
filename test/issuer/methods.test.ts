/** What is at a standard endpoint, but not for this method. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'

const origin = 'https://spa.example.com'
let broker: TestBroker

beforeAll(async () => {
  broker = await startTestBroker({ path: '/auth' })
  await broker.addClient({ web_origins: [origin] })
})
afterAll(() => broker?.[Symbol.asyncDispose]())

const programs = {
  '/token': 'POST',
  '/introspect': 'POST',
  '/revoke': 'POST',
  '/userinfo': 'GET, HEAD, POST',
  '/jwks': 'GET, HEAD',
  '/.well-known/openid-configuration': 'GET, HEAD',
  '/.well-known/oauth-authorization-server': 'GET, HEAD',
}
const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
  fetch(broker.issuer + path, { method, headers, redirect: 'manual' })
const others = (allowed: string) =>
  ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) => !allowed.split(', ').includes(method))

describe.each(Object.entries(programs))('%s', (path, allowed) => {
  it.each(others(allowed))('says to %s in JSON what can be used instead', async (method) => {
    const answer = await ask(method, path, { accept: 'text/html' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe(allowed)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await answer.json()).toEqual({
      error: 'invalid_request',
      error_description: `only ${allowed} can be used here`,
    })
  })

  it('is asked by HEAD as by GET, and by the preflights of browsers', async () => {
    const head = await ask('HEAD', path)
    const get = await ask('GET', path)
    expect([head.status, head.headers.get('allow')]).toEqual([get.status, get.headers.get('allow')])
    const preflight = await ask('OPTIONS', path, { origin, 'access-control-request-method': 'POST' })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/spa\.example\.com)$/)
  })
})

it.each(['/authorize', '/logout'])('has a page for people at %s', async (path) => {
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const page = await ask(method, path, { accept: 'text/html' })
    expect(page.status).toBe(405)
    expect(page.headers.get('allow')).toBe('GET, HEAD, POST')
    expect(await page.text()).toContain('This cannot be done here')
    const problem = await ask(method, path, { accept: 'application/json' })
    expect(problem.status).toBe(405)
    expect(await problem.json()).toMatchObject({ code: 'method_not_allowed', status: 405 })
  }
  for (const method of ['GET', 'HEAD', 'POST']) expect((await ask(method, path)).status).not.toBe(405)
})

import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { describe, expect, it } from 'vitest'
import { createProblemPage } from '../../src/assembly/problem-page.ts'
import { Refusal, Unavailable } from '../../src/errors.ts'
import type { Report } from '../../src/events.ts'
import { answerErrors, type PageProblem } from '../../src/http/errors.ts'
import { createLog, silent } from '../../src/log.ts'
import { html } from '../../views/html.ts'
import { listen } from './listen.ts'

const secret = 'connect ECONNREFUSED 10.0.0.7:5432'

function setUp(handler: Middleware | Router) {
  const lines: string[] = []
  const log = createLog('debug', { write: (line) => void lines.push(line) })
  const report: Report = (event, members) => log.info({ event, ...members })
  const problemPage = (_: Context, { title, cause, fix, reference, status }: PageProblem) =>
    html`<h1>${title}</h1><p>${cause}</p><p>${fix}</p><code>${reference}</code><i>${status}</i>`
  return { lines, middlewares: [answerErrors({ report, log, problemPage }), handler] }
}

const fails =
  (error: unknown): Middleware =>
  () => {
    throw error
  }

describe('what a caller is told', () => {
  it('says what a refusal says, with every problem, as a JSON problem below /admin/api', async () => {
    const problems = [{ path: 'config.issuer', message: 'must be a URL' }]
    const { middlewares, lines } = setUp(
      fails(new Refusal('invalid_input', 'config.issuer: must be a URL', { problems })),
    )
    await using server = await listen(middlewares)
    const answer = await fetch(`${server.url}/admin/api/v1/clients`, { headers: { accept: 'text/html' } })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const problem = (await answer.json()) as Record<string, unknown>
    expect(problem).toMatchObject({
      type: 'urn:gatehouse:problem:invalid_input',
      title: 'The request is not valid',
      status: 400,
      detail: 'config.issuer: must be a URL',
      code: 'invalid_input',
      errors: problems,
    })
    expect(lines.join()).toContain(problem.reference)
  })

  it('tells people in their language what has no reason of ours', async () => {
    const page = answerErrors({
      report: () => undefined,
      log: silent,
      problemPage: createProblemPage({ assets: '/assets', base: '' }),
    })
    const malformed = Object.assign(new Error('no'), { status: 431, expose: true })
    for (const [error, german, english] of [
      [new Error('no'), 'Bei uns ist etwas schiefgegangen', 'Something went wrong on our side'],
      [malformed, 'Die Anfrage ist nicht gültig', 'Request Header Fields Too Large'],
    ] as const) {
      await using server = await listen([page, fails(error)])
      const read = async (lang: string) =>
        await (await fetch(server.url, { headers: { accept: 'text/html', 'accept-language': lang } })).text()
      expect(await read('de')).toMatch(new RegExp(`<html lang="de".*${german}`, 's'))
      expect(await read('en')).toMatch(new RegExp(`<html lang="en".*${english}`, 's'))
    }
  })

  it('keeps what a refusal says to administrators from everybody else', async () => {
    const { middlewares } = setUp(fails(new Refusal('upstream_misconfigured', 'invalid_client: 0oa1b2c3')))
    await using server = await listen(middlewares)
    for (const accept of ['text/html', 'application/json']) {
      const body = await (await fetch(`${server.url}/broker/Okta/callback`, { headers: { accept } })).text()
      expect(body).toContain('The identity provider does not accept this broker')
      expect(body).not.toContain('0oa1b2c3')
    }
  })

  it('gives people a page and programs JSON', async () => {
    const { middlewares } = setUp(fails(new Refusal('interaction_lost')))
    await using server = await listen(middlewares)
    const page = await fetch(`${server.url}/login/x`, { headers: { accept: 'text/html,*/*;q=0.8' } })
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await page.text()).toContain('This sign-in is no longer open')
    const json = await fetch(`${server.url}/login/x`, { headers: { accept: 'application/json' } })
    expect(await json.json()).toMatchObject({ code: 'interaction_lost', status: 400 })
  })

  it('tells nobody the cause of a failure: the log has it under the reference', async () => {
    const { middlewares, lines } = setUp(fails(new Error(secret)))
    await using server = await listen(middlewares)
    for (const path of ['/admin/api/v1/clients', '/token']) {
      const answer = await fetch(server.url + path, { headers: { accept: 'application/json' } })
      expect(answer.status).toBe(500)
      const body = await answer.text()
      expect(body).not.toContain('ECONNREFUSED')
      expect(body).not.toContain('.ts')
      const { reference, title } = JSON.parse(body)
      expect(title).toBe('Something went wrong on our side')
      const line = lines.find((entry) => entry.includes(reference))
      expect(line).toContain(secret)
    }
  })

  it('fails closed when something that is no Error is thrown', async () => {
    const { middlewares } = setUp(fails('nonsense'))
    await using server = await listen(middlewares)
    expect((await fetch(server.url)).status).toBe(500)
  })

  it('answers 503 with Retry-After when it could not tell, and says whether it was the upstream', async () => {
    for (const [who, code] of [
      ['store', 'temporarily_unavailable'],
      ['Okta', 'upstream_unavailable'],
    ] as const) {
      const { middlewares } = setUp(fails(new Unavailable(who, secret)))
      await using server = await listen(middlewares)
      const answer = await fetch(server.url, { headers: { accept: 'application/json' } })
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('5')
      const body = await answer.text()
      expect(JSON.parse(body).code).toBe(code)
      expect(body).not.toContain('ECONNREFUSED')
    }
  })

  it('shows the reference that a login trace has already', async () => {
    const { middlewares } = setUp((ctx) => {
      ctx.state.reference = '7K3-QF2-M9A'
      throw new Refusal('source_disabled')
    })
    await using server = await listen(middlewares)
    expect(await (await fetch(server.url)).text()).toContain('7K3-QF2-M9A')
  })
})

describe('what nobody answers', () => {
  it('is a 404 problem, and a 405 with Allow where only the method is wrong', async () => {
    const router = new Router()
    router.get('/admin/api/v1/things', (ctx) => {
      ctx.body = 'here'
    })
    const { middlewares } = setUp(router)
    await using server = await listen(middlewares)
    const missing = await fetch(`${server.url}/admin/api/v1/nothing`)
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ code: 'not_found' })
    const wrong = await fetch(`${server.url}/admin/api/v1/things`, { method: 'DELETE' })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('allow')).toBe('HEAD, GET')
    expect(await wrong.json()).toMatchObject({ code: 'method_not_allowed' })
    expect((await fetch(`${server.url}/admin/api/v1/things`)).status).toBe(200)
  })

  it('leaves alone a 404 that was answered on purpose', async () => {
    const { middlewares } = setUp((ctx) => {
      ctx.status = 404
      ctx.body = { error: 'invalid_request' }
    })
    await using server = await listen(middlewares)
    expect(await (await fetch(server.url)).json()).toEqual({ error: 'invalid_request' })
  })

  it('keeps the challenge of a 401 and drops the tag of what was not sent', async () => {
    const { middlewares } = setUp((ctx) => {
      ctx.set({ 'WWW-Authenticate': 'Bearer', ETag: '"3"' })
      throw new Refusal('token_missing')
    })
    await using server = await listen(middlewares)
    const answer = await fetch(server.url)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.headers.get('etag')).toBeNull()
  })

  it('answers HEAD without a body', async () => {
    const { middlewares } = setUp(fails(new Refusal('not_found')))
    await using server = await listen(middlewares)
    const answer = await fetch(server.url, { method: 'HEAD' })
    expect(answer.status).toBe(404)
    expect(await answer.text()).toBe('')
  })
})

/** What every recipe is held to, whatever gateway it is for: the story, and everything that shall not get past it. */
import { createServer, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../support/broker.ts'
import { createHolder } from '../../support/dpop.ts'
import type { Running } from '../../support/program.ts'
import { secret } from '../start-gateway.ts'
import type { Recipe } from './recipe.ts'
import { as, host, listen, openWorld, type RecipeWorld, type Sent, send } from './world.ts'

const names = [
  'Subject',
  'User',
  'Email',
  'Groups',
  'Roles',
  'Source',
  'Client',
  'Application',
  'Scopes',
  'Assertion',
  'Mask',
]

/** Headers of so many bytes that nobody knows. */
export const padding = (bytes: number): readonly string[] =>
  Array.from(
    { length: Math.ceil(bytes / 4000) },
    (_, at) => `X-Padding-${at}: ${'p'.repeat(Math.min(4000, bytes - at * 4000))}`,
  )

/** What the API is told of the caller; of an assertion, that there is one. */
export const identityIn = (headers: IncomingMessage['headersDistinct']): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith('x-auth-'))
      .map(([name, values]) => [name, name === 'x-auth-assertion' ? values?.length : values]),
  )

export function describeRecipe({ name, start }: Recipe): void {
  describe(`the recipe for ${name}`, () => {
    const opened = new AsyncDisposableStack()
    let world: RecipeWorld
    let gateway: Running

    beforeAll(async () => {
      world = opened.use(await openWorld())
      gateway = opened.use(await startBefore(world.brokerPort))
    }, 90_000)
    afterAll(() => opened.disposeAsync(), 30_000)

    const startBefore = (broker: number) =>
      start({ broker, api: world.api, secret, issuer: world.broker.issuer, jwks: `${world.broker.issuer}/jwks` })
    const ask = (sent: Sent, at = gateway) => send(at.url, sent)
    const reasonOf = ({ body }: { readonly body: Readonly<Record<string, unknown>> }) => body.code ?? body.error
    const header = (head: string, name: string) =>
      [...head.matchAll(new RegExp(`^${name}: *(.*?)\\r?$`, 'gim'))].map(([, value]) => value)

    it('lets the story through: Rene sees no number, John does, and nobody gets in without a token', async () => {
      expect(await ask({ lines: as(world.rene) })).toMatchObject({
        status: 200,
        body: { name: 'Ada Fischer', ssn: '#########' },
      })
      expect(world.headersSeen()).toMatchObject({
        'x-auth-user': ['rene@acme.test'],
        'x-auth-groups': ['Everyone,Consultant'],
        'x-auth-source': ['Okta'],
        'x-auth-client': [world.client.id],
      })
      expect(world.headersSeen()['x-auth-assertion']?.[0]).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/)
      expect(await ask({ lines: as(world.john) })).toMatchObject({ status: 200, body: { ssn: '987-65-4320' } })

      const before = world.seen.length
      const refused = await ask({})
      expect([refused.status, reasonOf(refused)]).toEqual([401, 'token_missing'])
      expect(refused.head, 'what browsers may do there is the API’s').not.toMatch(
        /^(strict-transport|content-security)/im,
      )
      expect(header(refused.head, 'www-authenticate')).toEqual([
        expect.stringContaining(
          `resource_metadata="${world.broker.issuer}/.well-known/oauth-protected-resource/patients"`,
        ),
      ])
      expect(header(refused.head, 'x-gatehouse-reference')).toEqual([expect.stringMatching(/^\w{3}-\w{3}-\w{3}$/)])
      expect(header(refused.head, 'cache-control')).toEqual(['no-store'])
      expect(world.seen.length).toBe(before)
    })

    // HAProxy reads a hundred headers and no more, so not all of them at once.
    it.each(names)(
      'SEC-101 lets no header of ours through that the caller wrote, however it is spelt: %s',
      async (name) => {
        const spellings = [`X-Auth-${name}`, `x-auth-${name.toLowerCase()}`, `X_Auth_${name}`, `X.Auth.${name}`].concat(
          `X-Auth_${name}`,
          `x_auth-${name.toUpperCase()}`,
          `X-Auth.${name}`,
        )
        const { status } = await ask({
          lines: [
            ...as(world.rene),
            ...spellings.flatMap((name) => [`${name}: forged`, `${name}: forged twice`]),
            `X-Gatehouse-Gateway: ${secret}`,
            'X-Forwarded-For: 10.0.0.1',
            'X-HTTP-Method-Override: DELETE',
            'X-HTTP-Method: DELETE',
            'X-Method-Override: DELETE',
          ],
        })
        expect(status).toBe(200)
        const seen = world.headersSeen()
        expect(JSON.stringify(seen)).not.toMatch(/forged|DELETE/)
        expect(Object.keys(seen).filter((name) => /auth[_.]|x[_.]/.test(name))).toEqual([])
        expect(seen).toMatchObject({ 'x-auth-user': ['rene@acme.test'], 'x-forwarded-for': ['127.0.0.1'] })
        expect(seen['x-gatehouse-gateway']).toBeUndefined()
        expect(seen['x-auth-application']?.join('') ?? '').toBe('')
      },
    )

    it('SEC-101 lets nobody take a header of ours away by naming it in Connection', async () => {
      const before = world.seen.length
      const { status } = await ask({ lines: [...as(world.rene), 'Connection: close, X-Auth-Groups, X-Auth-User'] })
      expect([200, 400, 403]).toContain(status)
      for (const request of world.seen.slice(before)) {
        expect(request.headers['x-auth-user']).toBe('rene@acme.test')
        expect(request.headers['x-auth-groups']).toBe('Everyone,Consultant')
      }
      const bare = await ask({ lines: [...as(world.rene), 'Connection: close, Authorization'] })
      expect([200, 400, 401, 403]).toContain(bare.status)
    })

    it('SEC-101 lets nobody crowd a header of ours out, however much the caller writes', async () => {
      const { status } = await ask({ lines: as(world.rene) })
      expect(status).toBe(200)
      const wanted = identityIn(world.headersSeen())
      for (let length = 500; length < 34_000; length += 250) {
        const before = world.seen.length
        const answer = await ask({ lines: [...as(world.rene), ...padding(length)] })
        expect([200, 400, 431, 503], String(length)).toContain(answer.status)
        for (const { headersDistinct } of world.seen.slice(before))
          expect(identityIn(headersDistinct), String(length)).toEqual(wanted)
      }
    })

    it('SEC-038 hands on no certificate that the caller wrote, in no form', async () => {
      const der = 'MIIBszCCAVmgAwIBAgIUQ'
      const forms = [`Client-Cert: :${der}=:`, `X-Gatehouse-Client-Cert: ${der}`].concat(
        'X-Gatehouse-Client-Verify: SUCCESS',
        `X-Forwarded-Client-Cert: Cert="${der}"`,
        `X-Forwarded-Tls-Client-Cert: ${der}`,
        `X-Forwarded-Tls-Client-Cert-Info: Subject="CN=${der}"`,
        `Client-Cert-Chain: :${der}=:`,
      )
      for (const form of forms) {
        // The broker would refuse what it cannot read.
        expect((await ask({ lines: [...as(world.rene), form] })).status, form).toBe(200)
        expect(JSON.stringify(world.headersSeen()), form).not.toMatch(/MIIBsz|SUCCESS/)
      }
    })

    it('SEC-105 hands on what proves that a caller holds the key of their token, and where the proof is good for', async () => {
      const holder = createHolder()
      const token = await world.boundToken(holder)
      const at = `${host}:${gateway.url.port}`
      const url = `http://${at}/patients/notes`
      const prove = (dpop: string, scheme = 'DPoP', method = 'POST') => {
        const lines = [`Authorization: ${scheme} ${token}`, ...(dpop === '' ? [] : [`DPoP: ${dpop}`])]
        return ask({ method, host: at, target: '/patients/notes?new=yes', lines, body: '{}' })
      }
      const before = world.seen.length
      const downgraded = await prove('', 'Bearer')
      // Some see by themselves that it is of a kind which belongs behind DPoP.
      expect([downgraded.status, reasonOf(downgraded)]).toEqual([
        401,
        expect.stringMatching(/^token_(binding_unproven|type)$/),
      ])
      for (const [answer, reason] of [
        [await prove('', 'DPoP'), 'dpop_proof_missing'],
        [await prove(createHolder().proof('POST', url, { token })), 'token_binding_unproven'],
        [await prove(holder.proof('PUT', url, { token })), 'dpop_proof_mismatch'],
        [await prove(holder.proof('POST', url.replace('http', 'https'), { token })), 'dpop_proof_mismatch'],
        [await prove(holder.proof('POST', url.replace('notes', '1'), { token })), 'dpop_proof_mismatch'],
      ] as const)
        expect([answer.status, reasonOf(answer)]).toEqual([401, reason])
      expect(world.seen.length).toBe(before)
      const proof = holder.proof('POST', url, { token })
      expect((await prove(proof)).status).toBe(201)
      expect(world.headersSeen()['x-auth-user']).toEqual(['rene@acme.test'])
      const again = await prove(proof)
      expect([again.status, reasonOf(again)]).toEqual([401, 'dpop_proof_replayed'])
      expect(header(again.head, 'www-authenticate')).toEqual([expect.stringMatching(/^DPoP .*invalid_dpop_proof/)])
    })

    it('SEC-102 asks about the request as it is, whatever the caller says about it', async () => {
      const lies = [
        'X-Forwarded-Uri: /patients/1',
        'X-Forwarded-Host: api.example.com',
        'X-Forwarded-Method: GET',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Prefix: /patients',
        'X-Original-URI: /patients/1',
        'X-Original-URL: /patients/1',
        'X-Rewrite-URL: /patients/1',
        'X-Original-Host: api.example.com',
        'Forwarded: for=127.0.0.1;host=api.example.com',
      ]
      const before = world.seen.length
      const refused = await ask({ target: '/other', lines: [...as(world.john), ...lies] })
      expect([refused.status, reasonOf(refused)]).toEqual([403, 'address_unknown'])
      expect(world.seen.length).toBe(before)
      expect((await ask({ lines: [...as(world.john), ...lies] })).status).toBe(200)
    })

    it('SEC-103 hands on nothing by which an API would act on another address than the one that was checked', async () => {
      const lines = ['X-Original-URL: /elsewhere', 'X-Rewrite-URL: /elsewhere', 'X-Forwarded-Host: elsewhere.example']
      expect((await ask({ lines: [...as(world.john), ...lines, 'X-Forwarded-Proto: gopher'] })).status).toBe(200)
      const seen = world.headersSeen()
      expect(JSON.stringify(seen)).not.toContain('elsewhere')
      expect(seen).toMatchObject({ 'x-forwarded-proto': ['http'] })
      expect(seen['x-forwarded-host']?.join()).toMatch(/^api\.example\.com(:\d+)?$/)
    })

    it.each([
      '/patients/../other',
      '/patients/..;/other',
      '/patients;/../other',
      '/patients/%2e%2e/other',
      '/patients/..%2fother',
      '/patients%2f1',
      '/patients//1',
      '//patients/1',
      '/patients/%31',
      '/patients\\1',
      '/patients/..\\other',
      '/patients/1#/../../other',
      '/other#/patients/1',
      '/other?/patients/1',
      '/patients/1%00',
      '/PATIENTS/1',
      '/other',
    ])('SEC-103 keeps out: %s', async (target) => {
      const before = world.seen.length
      const refused = await ask({ target, lines: as(world.john) })
      // A gateway may be the first to find it ill-formed.
      expect([400, 403, 404]).toContain(refused.status)
      if (refused.status === 403 && reasonOf(refused)) expect(reasonOf(refused)).toMatch(/^address_/)
      expect(world.seen.length).toBe(before)
    })

    it('SEC-103 keeps out whoever asks for another host, and whoever asks the broker through the gateway', async () => {
      const before = world.seen.length
      await ask({ host: 'evil.example', lines: as(world.john) })
      await ask({ target: 'http://evil.example/patients/1', lines: as(world.john) })
      await ask({ host: 'api.example.com, evil.example', lines: as(world.john) })
      await ask({ lines: [...as(world.john), 'Host: evil.example'] })
      for (const target of ['/.gatehouse/check', '/verify/forwarded', '/verify/nginx'])
        expect([403, 404]).toContain((await ask({ target, lines: as(world.john) })).status)
      expect(world.seen.length).toBe(before)
    })

    it('tells what kind of no it is: a scope that is missing, or a group', async () => {
      await world.rule({ required_scopes: ['patients.read'] })
      const scope = await ask({ lines: as(world.rene) })
      expect([scope.status, reasonOf(scope)]).toEqual([403, 'insufficient_scope'])
      expect(header(scope.head, 'www-authenticate')).toEqual([expect.stringContaining('scope="patients.read"')])
      await world.rule({ required_scopes: [], required_groups: ['Staff'] })
      const group = await ask({ lines: as(world.rene) })
      expect([group.status, reasonOf(group)]).toEqual([403, 'group_missing'])
      expect(group.head).not.toMatch(/www-authenticate|retry-after/i)
      expect((await ask({ lines: as(world.john) })).status).toBe(200)
      await world.rule({ required_groups: [] })
    })

    it('restores 429, with how long to wait', async () => {
      await world.rule({ rate_limit: { requests: 1, window: 86_400, by: 'user' } })
      const statuses: number[] = []
      for (let count = 0; count < 3; count += 1) statuses.push((await ask({ lines: as(world.rene) })).status)
      const over = await ask({ lines: as(world.rene) })
      await world.rule({ rate_limit: null })
      expect(statuses.slice(1)).toEqual([429, 429])
      expect(reasonOf(over)).toBe('rate_limited')
      expect(Number(header(over.head, 'retry-after')[0])).toBeGreaterThan(0)
      expect(over.head).not.toMatch(/^www-authenticate/im)
      expect((await ask({ lines: as(world.rene) })).status).toBe(200)
    })

    it('hands on what is to be masked, and nothing that the caller wrote about it', async () => {
      await world.rule({ mask: [{ json_path: '$.ssn', unless_group: 'Staff' }] })
      await ask({ lines: [...as(world.rene), 'X-Auth-Mask: []'] })
      expect(world.headersSeen()['x-auth-mask']).toEqual(['[["$.ssn","#########"]]'])
      await ask({ lines: as(world.john) })
      expect(world.headersSeen()['x-auth-mask']).toEqual(['[]'])
      await world.rule({ mask: [] })
    })

    it('hands the application on, and keeps its key', async () => {
      const application = await world.broker.created('applications', { name: `App of ${name}` })
      const created = await world.broker.created(`applications/${application.id}/api-keys`, { api_id: world.id })
      const key = String(created.key)
      await world.rule({ require_api_key: true })
      const without = await ask({ lines: as(world.rene) })
      expect([without.status, reasonOf(without)]).toEqual([401, 'api_key_missing'])
      const bad = await ask({ lines: [...as(world.rene), `X-API-Key: ${key.slice(0, -1)}_`] })
      expect(bad.status).toBe(401)
      const twice = await ask({ lines: [...as(world.rene), `X-API-Key: ${key}`, 'X-API-Key: other'] })
      expect(twice.status).toBe(401)
      expect((await ask({ target: `/patients/1?X-API-Key=${key}`, lines: as(world.rene) })).status).toBe(401)
      expect((await ask({ lines: [...as(world.rene), `X-API-Key: ${key}`] })).status).toBe(200)
      expect(world.headersSeen()['x-auth-application']).toEqual([application.id])
      expect(world.headersSeen()['x-api-key']?.join('') ?? '').toBe('')
      await world.rule({ require_api_key: false })
    })

    it('refuses an ID token, a token that was revoked, a forged one, and two at once', async () => {
      const { access_token, id_token, refresh_token } = await world.login('john')
      const before = world.seen.length
      const refusals: readonly [readonly string[], string][] = [
        [as(id_token), 'token_type'],
        [as(`${access_token.slice(0, -6)}AAAAAA`), 'token_signature'],
        [as('opaque'), ''],
        [['Authorization: Basic am9objpqb2hu'], ''],
        [['Authorization: Bearer'], ''],
        [[...as(access_token), ...as(world.rene)], 'credentials_ambiguous'],
        [[...as(world.rene), 'Authorization: Bearer forged'], ''],
      ]
      for (const [lines, reason] of refusals) {
        const refused = await ask({ lines })
        // A gateway may be the first to see that there are two.
        expect(lines.length > 1 ? [400, 401] : [401], lines.join()).toContain(refused.status)
        if (reason && refused.status === 401) expect(reasonOf(refused)).toBe(reason)
        if (refused.status === 401) expect(header(refused.head, 'www-authenticate').length).toBe(1)
      }
      expect(world.seen.length).toBe(before)

      expect((await ask({ lines: [`authorization: bearer ${access_token}`] })).status).toBe(200)
      await world.revoke(refresh_token)
      const revoked = await ask({ lines: as(access_token) })
      expect([revoked.status, reasonOf(revoked)]).toEqual([401, 'token_revoked'])
      expect(world.seen.length).toBe(before + 1)
    })

    it('checks and hands on requests of every method, with their bodies', async () => {
      const long = JSON.stringify({ note: 'x'.repeat(300_000) })
      const before = world.seen.length
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
        expect((await ask({ method, target: '/patients/notes', body: method === 'HEAD' ? '' : '{}' })).status).toBe(401)
      expect(world.seen.length).toBe(before)
      const posted = await ask({ method: 'POST', target: '/patients/notes', lines: as(world.john), body: long })
      expect(posted).toMatchObject({ status: 201, body: { noted: true } })
      expect(world.bodies.at(-1)).toBe(long)
      expect((await ask({ method: 'HEAD', target: '/patients/notes', lines: as(world.john) })).status).toBe(201)
      expect(world.seen.at(-1)?.method).toBe('HEAD')
      await ask({ method: 'PURGE', target: '/patients/notes', lines: as(world.john) })
      expect(world.seen.at(-1)?.method).toMatch(/PURGE|HEAD/)
    })

    it('checks a websocket before it is opened, and turns a connection into nothing else', async () => {
      const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'].concat(
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      )
      const before = world.seen.length
      expect((await ask({ lines: [...handshake, 'Connection: close'] })).status).toBe(401)
      expect(world.seen.length).toBe(before)
      const opened = await ask({ lines: [...as(world.rene), ...handshake] })
      expect(opened).toMatchObject({ status: 101 })
      expect(world.headersSeen()).toMatchObject({ 'x-auth-user': ['rene@acme.test'] })

      const other = await ask({
        lines: [...as(world.rene), 'Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c', 'HTTP2-Settings: AA'],
      })
      expect([200, 400]).toContain(other.status)
      for (const request of world.seen.slice(before + 1)) expect(request.headers.upgrade).toBeUndefined()
    })

    it('keeps its connections to the broker', async () => {
      for (let count = 0; count < 4; count += 1) await ask({ lines: as(world.rene) })
      const before = world.connections()
      for (let count = 0; count < 10; count += 1) expect((await ask({ lines: as(world.rene) })).status).toBe(200)
      expect(world.connections()).toBe(before)
    })

    it('SEC-106 says 503 while the broker cannot tell, and lets nobody pass', async () => {
      const before = world.seen.length
      world.stores.cut()
      const answer = await ask({ lines: as(world.john) }).finally(world.stores.mend)
      expect([answer.status, reasonOf(answer)]).toEqual([503, 'temporarily_unavailable'])
      expect(header(answer.head, 'retry-after')).toEqual(['5'])
      expect(world.seen.length).toBe(before)
      expect((await ask({ lines: as(world.john) })).status).toBe(200)
    })

    it('SEC-106 says 503 while the broker is not there, or stands still', async () => {
      let asked = 0
      const mute = createServer(() => {
        asked += 1
      })
      const before = world.seen.length
      for (const broker of [await freePort(), await listen(mute)]) {
        await using alone = await startBefore(broker)
        const begun = performance.now()
        const answer = await ask({ lines: as(world.john) }, alone)
        expect([answer.status, reasonOf(answer)]).toEqual([503, 'temporarily_unavailable'])
        expect(header(answer.head, 'retry-after')).toEqual(['5'])
        expect(performance.now() - begun).toBeLessThan(15_000)
      }
      mute.closeAllConnections()
      mute.close()
      expect(asked).toBe(1)
      expect(world.seen.length).toBe(before)
    }, 60_000)
  })
}

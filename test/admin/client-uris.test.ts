import { describe, expect, it } from 'vitest'
import { ClientInput } from '../../src/clients/client-input.ts'
import { startAdmin, webApp } from './start-admin.ts'

const bad = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'javascript://app.example.com/%0aalert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  '\u00a0javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'DATA:text/html;base64,PHNjcmlwdD4=',
  'vbscript:msgbox(1)',
  'VBScript:msgbox(1)',
  'file:///etc/passwd',
  'FILE:///c:/',
  'blob:https://app.example.com/x',
  'about:blank',
  'ftp://app.example.com/callback',
  'ws://app.example.com/callback',
  'http://app.example.com/callback',
  'HTTP://app.example.com/callback',
  'http://127.0.0.1.evil.test/callback',
  'http://localhost.evil.test/callback',
  'http://127.0.0.1@evil.test/callback',
  'https://app.example.com@evil.test/callback',
  'https://user:secret@app.example.com/callback',
  'https://*.example.com/callback',
  'https:app.example.com/callback',
  'https:/app.example.com/callback',
  'https:///app.example.com/callback',
  'https:\\\\app.example.com\\callback',
  'https://app.example.com\\@evil.test/',
  'https://app.example.com/call back',
  'https://app.example.com/callback\r\nSet-Cookie: x=1',
  'https://app.example.com/callback\u0000',
  'https://app.example.com/"><script>',
  'https://äpp.example.com/callback',
  'https://',
  '//app.example.com/callback',
  '/callback',
  'callback',
  '',
  `https://app.example.com/${'x'.repeat(2000)}`,
]

const badRedirects = [
  ...bad,
  'https://app.example.com/callback#fragment',
  'https://app.example.com/callback#',
  'https://app.example.com/*',
  'https://app.example.com/callback?next=*',
]

const badForNative = ['myapp:/callback', 'myapp://callback', 'com.example:', 'com..example:/x', 'com.example.app:/x#y']

const links = [
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'initiate_login_uri',
  'jwks_uri',
  'backchannel_logout_uri',
]

const isRefusedAt = (path: string, input: object) =>
  ClientInput.safeParse({ ...webApp, ...input }).error?.issues.some((issue) => issue.path.join('.') === path) ?? false

describe('SEC-002 addresses of a client', () => {
  it.each(links)('%s is refused unless it is one that browsers can be sent to', (field) => {
    for (const uri of bad) expect(isRefusedAt(field, { [field]: uri }), uri).toBe(true)
    expect(isRefusedAt(field, { [field]: 'https://app.example.com/page' })).toBe(false)
  })

  it('backchannel_logout_uri has no fragment, but may have a query (Back-Channel Logout §2.2)', () => {
    const isRefused = (uri: string) => isRefusedAt('backchannel_logout_uri', { backchannel_logout_uri: uri })
    expect(isRefused('https://app.example.com/logout#now')).toBe(true)
    expect(isRefused('https://app.example.com/logout#')).toBe(true)
    expect(isRefused('https://app.example.com/logout?tenant=1')).toBe(false)
    expect(isRefused('http://localhost:3001/logout')).toBe(false)
  })

  it.each(['redirect_uris', 'post_logout_redirect_uris'])(
    '%s are refused likewise, for web and for native clients',
    (field) => {
      for (const uri of badRedirects) {
        expect(isRefusedAt(`${field}.1`, { [field]: ['https://app.example.com/ok', uri] }), uri).toBe(true)
        expect(isRefusedAt(`${field}.0`, { [field]: [uri], application_type: 'native' }), `native ${uri}`).toBe(true)
      }
      for (const uri of badForNative)
        expect(isRefusedAt(`${field}.0`, { [field]: [uri], application_type: 'native' }), uri).toBe(true)
    },
  )

  it('are accepted when they are https, loopback, or a native client’s own scheme', () => {
    const web = [
      'https://app.example.com/callback?x=1',
      'https://app.example.com:8443/',
      'http://localhost:5173/cb',
      'http://127.0.0.1/cb',
      'http://[::1]:9/cb',
    ]
    expect(ClientInput.safeParse({ ...webApp, redirect_uris: web }).error).toBeUndefined()
    const native = [...web, 'com.example.app:/callback', 'com.example.app://callback', 'com.example.my-app:/oauth?x=1']
    expect(ClientInput.safeParse({ redirect_uris: native, application_type: 'native' }).error).toBeUndefined()
    expect(isRefusedAt('redirect_uris.0', { redirect_uris: ['com.example.app:/callback'] })).toBe(true)
  })

  it('are refused with a problem that names each, and nothing is kept', async () => {
    await using admin = await startAdmin()
    for (const uri of bad) {
      const { status, body } = await admin.call('POST', 'clients', { ...webApp, redirect_uris: [uri], logo_uri: uri })
      expect(status, uri).toBe(400)
      expect(body.code).toBe('invalid_input')
    }
    const { client_id } = (await admin.call('POST', 'clients', webApp)).body
    expect((await admin.call('PATCH', `clients/${client_id}`, { tos_uri: 'javascript:alert(1)' })).status).toBe(400)
    expect((await admin.call('GET', 'clients')).body.items).toHaveLength(1)
  })

  it('are refused likewise where an application names them', async () => {
    await using admin = await startAdmin()
    const { id } = (await admin.call('POST', 'applications', { name: 'App' })).body
    const application = (input: object) => admin.call('PATCH', `applications/${id}`, input)
    const where = ({ status, body }: Awaited<ReturnType<typeof application>>) => {
      expect(status).toBe(400)
      return body.errors?.map((problem: { path: string }) => problem.path)
    }
    for (const field of ['redirect_uris', 'post_logout_redirect_uris']) {
      // A body with a NUL in it is refused as a whole.
      for (const uri of badRedirects.filter((each) => !each.includes('\u0000'))) {
        const uris = ['https://app.example.com/ok', uri]
        expect(where(await application({ [field]: uris })), `${field} ${uri}`).toEqual([`${field}.1`])
      }
      for (const uri of badForNative) {
        const native = { [field]: [uri], application_type: 'native' }
        expect(where(await application(native)), `${field} ${uri}`).toEqual([`${field}.0`])
      }
    }
    expect(where(await application({ web_origins: ['javascript:alert(1)'] }))).toEqual(['web_origins.0'])
    expect((await admin.call('GET', `clients/${id}:OPENID`)).body).toMatchObject({ redirect_uris: [], web_origins: [] })
  })
})

import type { Middleware } from 'koa'
import { describe, expect, it } from 'vitest'
import { clientAddress, pinOrigin, trustedPeers } from '../../src/http/origin.ts'
import { listen } from './listen.ts'
import { raw } from './raw.ts'

const issuer = 'https://login.example.com/gatehouse'

const tell: Middleware = (ctx) => {
  const { ip, host, protocol, secure, path, search, href } = ctx
  ctx.body = { ip, host, protocol, secure, path, search, href, url: ctx.URL.href }
}

describe('pinOrigin', () => {
  const lies: Record<string, string>[] = [
    { host: 'evil.test' },
    { host: 'login.example.com@evil.test' },
    { host: 'evil.test:443' },
    { host: '' },
    { 'x-forwarded-host': 'evil.test' },
    { 'x-forwarded-host': 'evil.test, login.example.com' },
    { 'x-forwarded-proto': 'http' },
    { 'x-forwarded-proto': 'javascript' },
    { 'x-forwarded-port': '8443', 'x-forwarded-server': 'evil.test' },
    { forwarded: 'host=evil.test;proto=http;for=6.6.6.6' },
    { 'x-original-host': 'evil.test', 'x-host': 'evil.test', 'x-forwarded-prefix': '/evil' },
  ]

  it('SEC-107 derives nothing from what the caller says about our name', async () => {
    await using server = await listen([pinOrigin(issuer, ['loopback']), tell])
    for (const lie of lies) {
      const head = Object.entries({ host: '127.0.0.1', ...lie }).map(([name, value]) => `${name}: ${value}\r\n`)
      const answer = await raw(server.port, `GET /authorize?a=1 HTTP/1.1\r\n${head.join('')}connection: close\r\n\r\n`)
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))), JSON.stringify(lie)).toMatchObject({
        host: 'login.example.com',
        protocol: 'https',
        secure: true,
        href: 'https://login.example.com/authorize?a=1',
        url: 'https://login.example.com/authorize?a=1',
      })
    }
  })

  it('SEC-107 reads only path and query of a target that names a host', async () => {
    await using server = await listen([pinOrigin(issuer, ['loopback']), tell])
    const answer = await raw(
      server.port,
      'GET http://evil.test/token?a=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    )
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      path: '/token',
      search: '?a=1',
      href: 'https://login.example.com/token?a=1',
      url: 'https://login.example.com/token?a=1',
    })
  })

  it('makes ctx.ip the client that a trusted proxy names, and no other', async () => {
    const ask = async (trusted: string[], forwarded: string) => {
      await using server = await listen([pinOrigin(issuer, trusted), tell])
      const answer = await fetch(server.url, { headers: { 'x-forwarded-for': forwarded } })
      return ((await answer.json()) as { ip: string }).ip
    }
    expect(await ask(['loopback'], '6.6.6.6, 203.0.113.9')).toBe('203.0.113.9')
    expect(await ask(['10.0.0.0/8'], '203.0.113.9')).toBe('127.0.0.1')
    expect(await ask([], '203.0.113.9')).toBe('127.0.0.1')
  })
})

describe('clientAddress', () => {
  const isTrusted = trustedPeers(['loopback', '10.0.0.0/8', '2001:db8::/32', '192.0.2.7'])

  it.each([
    ['nothing forwarded', '127.0.0.1', '', '127.0.0.1'],
    ['peer not trusted', '203.0.113.1', '198.51.100.1', '203.0.113.1'],
    ['one hop', '127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['stops at the first that is not trusted', '127.0.0.1', '6.6.6.6, 198.51.100.1, 10.1.2.3', '198.51.100.1'],
    ['everybody trusted', '127.0.0.1', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['IPv4 written as IPv6', '::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['IPv4 written as IPv6 in the header', '127.0.0.1', '198.51.100.1, ::ffff:10.0.0.1', '198.51.100.1'],
    ['IPv6', '2001:db8::1', '2001:db9::5', '2001:db9::5'],
    ['single address', '192.0.2.7', '198.51.100.1', '198.51.100.1'],
    ['empty entries', '127.0.0.1', ' , 198.51.100.1,', '198.51.100.1'],
    ['with a port', '127.0.0.1', '198.51.100.1:8080', '198.51.100.1'],
    ['IPv6 with a port', '127.0.0.1', '[2001:db9::5]:8080', '2001:db9::5'],
    ['rubbish of a caller before their address', '127.0.0.1', 'a, <script>, 198.51.100.1', '198.51.100.1'],
    ['rubbish of a caller whom no proxy speaks for', '203.0.113.1', 'a', '203.0.113.1'],
    ['something that is no address', '127.0.0.1', '198.51.100.1, unknown', undefined],
    ['the same before a trusted one', '127.0.0.1', 'unknown, 10.1.2.3', undefined],
    ['script', '127.0.0.1', '<script>', undefined],
    ['hexadecimal', '127.0.0.1', '0x7f000001', undefined],
    ['octal', '127.0.0.1', '010.0.0.1', undefined],
    ['a port that is none', '127.0.0.1', '198.51.100.1:', undefined],
  ])('%s', (_, peer, forwarded, expected) => {
    expect(clientAddress(peer, forwarded, isTrusted)).toBe(expected)
  })

  it('never believes an address that an untrusted peer wrote, whatever surrounds it', () => {
    const forged = ['6.6.6.6', '127.0.0.1', '10.0.0.1', '::1', '2001:db8::1', 'x', '']
    for (const a of forged)
      for (const b of forged) expect(clientAddress('203.0.113.1', `${a},${b}`, isTrusted)).toBe('203.0.113.1')
  })

  it('refuses a list with something that is no address', () => {
    expect(() => trustedPeers(['10.0.0.0/99'])).toThrow()
    expect(() => trustedPeers(['proxy.internal'])).toThrow()
  })
})

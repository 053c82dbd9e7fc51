import { describe, expect, it } from 'vitest'
import { deviceOf, packDevice, unpackDevice } from '../../src/sessions/device.ts'
import { startTestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const agents = {
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0': ['Firefox', 'Windows'],
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0':
    ['Edge', 'Windows'],
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15':
    ['Safari', 'macOS'],
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1':
    ['Chrome', 'iOS'],
  'Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36':
    ['Samsung Internet', 'Android'],
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36': [
    'Chrome',
    'Linux',
  ],
  'curl/8.5.0': ['', ''],
} as const

describe('what a browser tells of itself', () => {
  it.each(Object.entries(agents))('is its family and its system: %s', (agent, [browser, system]) => {
    const device = deviceOf(agent, '203.0.113.7')
    expect(device).toEqual({ browser, system, address: '203.0.113.7' })
    expect(unpackDevice(packDevice(device))).toEqual(device)
  })

  it('fits with the longest address into what Redis packs tightly', () => {
    const device = deviceOf('SamsungBrowser/28.0 Android', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')
    expect(packDevice(device).length).toBeLessThanOrEqual(64)
  })
})

describe('a session', () => {
  it('tells administrators and its own person which browser it was begun in', async () => {
    await using broker = await startTestBroker()
    const plain = createVisitor()
    const agent = Object.keys(agents)[0] ?? ''
    const visitor: Visitor = {
      ...plain,
      request: (url, init = {}) =>
        plain.request(url, {
          ...init,
          headers: { ...Object.fromEntries(new Headers(init.headers)), 'User-Agent': agent },
        }),
    }
    const { open } = await enterConsole(broker, '/admin/sessions', {}, visitor)
    const sessions = await open('/admin/sessions')
    expect(sessions.text).toMatch(/Firefox on Windows<small>(?:127\.0\.0\.1|::1)<\/small>/)
    expect(sessions.text).toMatch(/<small>last seen <time/)
    const own = await open('/sessions')
    expect(own.text).toMatch(/Firefox on Windows, from <bdi>(?:127\.0\.0\.1|::1)<\/bdi>/)
    expect(own.text).not.toContain('Gecko')
  })
})

import { describe, expect, it } from 'vitest'
import { assetFile, assetNames, assetUrl } from '#views/assets.ts'
import { leavingView } from '#views/signin/leaving.ts'
import { signInView } from '#views/signin/sign-in.ts'
import { mustBeSafe, safeUrl } from '#views/url.ts'
import { adviceFor, scopeWords } from '#views/words.ts'
import { reasons } from '../../src/reasons.ts'
import { hostile, previews } from '../support/preview-pages.ts'

const pages = Object.entries(previews).map(([name, page]) => ({ name, text: page.text }))

describe.each(pages)('$name', ({ text }) => {
  it('SEC-114 shows what others chose as text: no element, attribute or address of theirs', () => {
    expect(text).not.toContain(hostile)
    expect(text).not.toMatch(/<(img|iframe|object|embed|video|audio)\b/i)
    expect(text).not.toMatch(/(href|src|action)="\s*(javascript|data|vbscript):/i)
    // One script, and it is ours; nothing inline that a policy would have to let through.
    expect(text.match(/<script[^>]*>/g)).toEqual([`<script src="${assetUrl('/assets', 'signin.js')}">`])
    expect(text.replaceAll(/"[^"]*"/g, '')).not.toMatch(/<[a-z][^>]*\s(style|on[a-z]+)=/i)
    expect(text).not.toContain('<style')
  })

  it('has a language, one main heading, one main part and no id twice', () => {
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(text.match(/<h1[\s>]/g)).toHaveLength(1)
    expect(text.match(/<main>/g)).toHaveLength(1)
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([...new Set(ids)])
  })

  it('lets no absent value through as a word', () => {
    expect(text).not.toMatch(/undefined|\[object|NaN|>(true|false)</)
  })

  it('weighs less than 50 kB, stylesheet and script included', () => {
    // What passkeys need is loaded by the pages that offer them; what the console needs by none of these.
    const loaded = assetNames.filter((asset) => text.includes(`/${asset}?v=`))
    const whole = loaded.reduce((sum, asset) => sum + (assetFile(asset)?.body.length ?? 0), Buffer.byteLength(text))
    expect(whole).toBeLessThan(50_000)
  })
})

describe('sign-in', () => {
  const props = {
    assets: '/a',
    application: { name: 'Patient App' },
    sources: [
      { alias: 'one', name: 'One', href: '/one', lastUsed: false },
      { alias: 'two', name: 'Two', href: '/two', lastUsed: true },
    ],
    csrf: 'c',
    reference: '7K3-QF2-M9A',
  }

  it('puts the source that was used last first and says so', () => {
    const { text } = signInView(props)
    expect(text.indexOf('id="source-two"')).toBeLessThan(text.indexOf('id="source-one"'))
    expect(text.match(/Last used on this device/g)).toHaveLength(1)
  })
})

describe('addresses', () => {
  it.each(['https://acme.example/x?y=1#z', 'http://localhost:8080/', '/login/u1', '//acme.example/x', '?a=b'])(
    '%s may be linked to',
    (address) => {
      expect(safeUrl(address)).toBe(address)
    },
  )

  it.each([
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://acme.example/1',
    'file:///etc/passwd',
    'com.example.app:/callback',
    'https://',
  ])('%j may not', (address) => {
    expect(safeUrl(address)).toBeUndefined()
    expect(() => mustBeSafe(address)).toThrow(TypeError)
  })

  it('redirect targets may have a private-use scheme, which is a reverse domain name', () => {
    expect(safeUrl('com.example.app:/callback', 'redirect')).toBe('com.example.app:/callback')
    expect(safeUrl('myapp:/callback', 'redirect')).toBeUndefined()
    expect(safeUrl('javascript:alert(1)', 'redirect')).toBeUndefined()
  })

  it('no departure is made to an address that is a script', () => {
    expect(() => leavingView({ assets: '/a', sourceName: 'x', url: 'javascript:alert(1)', fields: {} })).toThrow(
      TypeError,
    )
  })
})

describe('words', () => {
  it('an unknown scope keeps its name, and a name from a prototype is unknown', () => {
    expect(scopeWords('patients:write').title).toBe('patients:write')
    expect(scopeWords('constructor').title).toBe('constructor')
    expect(scopeWords('email').title).toBe('Your e-mail address')
  })

  it('there is advice for every refusal, and it is never an administrator’s command', () => {
    for (const code of Object.keys(reasons)) expect(adviceFor(code)).not.toMatch(/PATCH|[{}_]/)
    expect(adviceFor('toString')).toBe(adviceFor('something new'))
  })
})

describe('assets', () => {
  it('their addresses change with their content', () => {
    expect(assetUrl('/a', 'gatehouse.css')).toMatch(/^\/a\/gatehouse\.css\?v=[\w-]{16}$/)
    expect(assetUrl('/a', 'gatehouse.css')).toContain(assetFile('gatehouse.css')?.etag.slice(1, -1))
    expect(assetFile('gatehouse.css')?.etag).not.toBe(assetFile('signin.js')?.etag)
  })

  it.each(['../layout.ts', 'constructor', ''])('%j is none', (name) => {
    expect(assetFile(name)).toBeUndefined()
  })
})

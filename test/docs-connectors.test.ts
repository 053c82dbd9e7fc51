/** The pages that lead through a provider's own console name only what this version has. */
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCertificateConnectorType } from '../src/connectors/certificate/certificate.ts'
import { createJwtConnectorType } from '../src/connectors/jwt/jwt.ts'
import { createOidcConnectorType } from '../src/connectors/oidc/oidc.ts'
import { silent } from '../src/log.ts'
import { Mapping } from '../src/mapping/mapping.ts'
import { createOutbound } from '../src/outbound/outbound.ts'
import { reasons } from '../src/reasons.ts'
import { SourceInput } from '../src/sources/source-input.ts'

const folder = join(import.meta.dirname, '..', 'docs', 'connectors')
const read = (page: string) => readFileSync(join(folder, page), 'utf8')
const pages = globSync('*.md', { cwd: folder }).filter((page) => page !== 'local.md')
const guides = pages.filter((page) => !['oidc.md', 'jwt.md', 'certificate.md'].includes(page))
const http = createOutbound({ timeout: 1, maxResponseBytes: 1 })
const { config } = createOidcConnectorType({ http, clock: Date.now, log: silent })
const oidc = read('oidc.md')
const settingsOf = (text: string) =>
  [...text.matchAll(/^\| `([a-z_]+)` +\| .*\|$/gm)].map(([, name]) => name ?? '').filter((name) => !(name in reasons))
const settings = settingsOf(oidc)

/** The rows of every table with a column of reasons: each reason is one of ours, and known to the person by its title. */
const failures = (text: string) =>
  [...text.matchAll(/^\| ([^|]+?) +\| `([a-z_]+)` +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(
    ([, seen = '', reason = '', cause = '', helps = '']) => ({ seen, reason, cause, helps }),
  )

it('there is a page for each of the five', () => {
  expect(guides.map((page) => basename(page, '.md')).sort()).toEqual(['auth0', 'entra', 'google', 'keycloak', 'okta'])
})

describe.each(guides)('docs/connectors/%s', (page) => {
  const text = read(page)

  it('has a failure table in the words that people see', () => {
    const rows = failures(text)
    expect(rows.length).toBeGreaterThan(3)
    for (const { seen, reason, cause, helps } of rows) {
      expect(Object.keys(reasons)).toContain(reason)
      expect(seen).toBe(reasons[reason as keyof typeof reasons].title)
      expect(cause.length * helps.length).toBeGreaterThan(0)
    }
  })

  it('gives the addresses of one alias, which is that of its source', () => {
    const [, alias] = /"alias": "(\w+)"/.exec(text) ?? []
    const addresses = [...text.matchAll(/\/broker\/(\w+)\/([\w-]+)/g)]
    expect(addresses.length).toBeGreaterThan(0)
    for (const [, named, end] of addresses) {
      expect(named).toBe(alias)
      expect(['callback', 'logged-out', 'backchannel-logout']).toContain(end)
    }
  })

  it('has a source that the admin API takes as it stands, and settings that there are', () => {
    const documents = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json))
    const [source, ...changes] = documents
    const filled = JSON.parse(JSON.stringify(source).replaceAll(/\{[a-z ]+\}/g, 'x'))
    const input = SourceInput.parse(filled)
    expect(config.safeParse(input.config).error).toBeUndefined()
    expect(Mapping.safeParse(input.mapping).error).toBeUndefined()
    for (const change of changes)
      expect(
        config.safeParse({ ...input.config, issuer: source.config.issuer.replace(/\{.*\}/, 'x'), ...change }).error,
      ).toBeUndefined()
    for (const [, name] of text.matchAll(/`"([a-z_]+)": [^`]+`/g))
      if (!['groups', 'issuer'].includes(name ?? '')) expect(settings).toContain(name)
  })

  it('says how groups get into the token', () => {
    expect(text).toMatch(/^(\d\. )?\*\*Groups\.\*\*/m)
  })
})

it.each(pages)('docs/connectors/%s names only reason codes that there are', (page) => {
  const named = failures(read(page)).map(({ reason }) => reason)
  expect(named.filter((reason) => !(reason in reasons))).toEqual([])
})

it.each([
  ['oidc.md', config],
  ['jwt.md', createJwtConnectorType({ http, clock: Date.now, log: silent }).config],
  ['certificate.md', createCertificateConnectorType({ http, clock: Date.now, log: silent }).config],
])('docs/connectors/%s has every setting of the connector, and no other', (page, config) => {
  const known = Object.keys((config as unknown as { shape: object }).shape)
  expect(settingsOf(read(page)).sort()).toEqual(known.sort())
})

it('docs/connectors/certificate.md explains each reason that is about certificates', () => {
  const [, table = ''] = read('certificate.md').split('## When it does not work')
  const named = [...table.matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, name]) => name ?? '')
  const known = Object.keys(reasons).filter((name) => name.startsWith('certificate_'))
  expect(named.toSorted()).toEqual([...known, 'temporarily_unavailable'].toSorted())
})

it('docs/connectors/jwt.md has a source that the admin API takes as it stands, and reasons that there are', () => {
  const text = read('jwt.md')
  const [, json = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? []
  const input = SourceInput.parse(JSON.parse(json))
  const { config } = createJwtConnectorType({ http, clock: Date.now, log: silent })
  expect(config.safeParse(input.config).error).toBeUndefined()
  const [, table = ''] = text.split('## When it does not work')
  const named = [...table.matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, name]) => name ?? '')
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((name) => !(name in reasons))).toEqual([])
})

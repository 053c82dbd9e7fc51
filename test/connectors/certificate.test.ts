/** Which certificates a source of type `certificate` vouches for, without a gateway: bytes in, somebody or a reason out. */
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificateConnectorType } from '../../src/connectors/certificate/certificate.ts'
import { fitsPattern } from '../../src/connectors/certificate/subject-pattern.ts'
import { silent } from '../../src/log.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'
import {
  createAuthority,
  dnsName,
  emailName,
  type Issued,
  issueBy,
  serverAuth,
  uriName,
  type Wish,
} from '../support/certificates.ts'

const hour = 3_600_000
const http = createOutbound({ timeout: 5, maxResponseBytes: 1_000_000 })
let now = Date.now()
const type = createCertificateConnectorType({ http, clock: () => now, log: silent })
afterAll(() => http[Symbol.asyncDispose]())

const root = createAuthority()
const between = root.authority({
  subject: [
    ['O', 'Acme'],
    ['CN', 'Between'],
  ],
})
const john: Wish = {
  subject: [
    ['C', 'DE'],
    ['O', 'Acme'],
    ['OU', 'Partners'],
    ['CN', 'john'],
  ],
}

function open(more: Record<string, unknown> = {}) {
  const config = type.config.parse({ ca_certificates: [root.pem], ...more })
  const connector = type.open(config, { id: 'x', alias: 'Partners' })
  if (connector.kind !== 'presented') throw new Error('another kind')
  return {
    check: () => connector.check?.(),
    judge: async ({ certificate }: Pick<Issued, 'certificate'>, chain: readonly Issued[] = []) => {
      try {
        const identity = await connector.verify({ certificate, chain: chain.map((one) => one.certificate) })
        return identity ?? 'not mine'
      } catch (error) {
        return (error as { code?: string }).code ?? (error as Error).name
      }
    },
  }
}

describe('a certificate', () => {
  it('names its holder, by an authority that is believed', async () => {
    const wish = {
      ...john,
      san: [emailName('john@acme.test'), uriName('spiffe://acme/john'), dnsName('john.acme.test')],
    }
    expect(await open().judge(root.issue(wish))).toMatchObject({
      subject: 'john',
      attributes: {
        subject_dn: 'CN=john,OU=Partners,O=Acme,C=DE',
        issuer_dn: 'CN=Root,O=Acme',
        name: 'john',
        email: 'john@acme.test',
        uris: ['spiffe://acme/john'],
        dns_names: ['john.acme.test'],
        organizational_units: ['Partners'],
        groups: [],
        cnf: { 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) },
      },
    })
  })

  it.each([
    ['subject', 'CN=john,OU=Partners,O=Acme,C=DE'],
    ['email', 'john@acme.test'],
    ['uri', 'spiffe://acme/john'],
    ['dns', 'john.acme.test'],
  ])('names its holder by %s', async (userId, subject) => {
    const san = [emailName('john@acme.test'), uriName('spiffe://acme/john'), dnsName('john.acme.test')]
    expect(await open({ user_id: userId }).judge(root.issue({ ...john, san }))).toMatchObject({ subject })
  })

  it.each([
    [
      'two names',
      {
        subject: [
          ['CN', 'john'],
          ['CN', 'admin'],
        ],
      },
      {},
    ],
    ['no name', { subject: [['O', 'Acme']] }, {}],
    ['a name with control characters', { subject: [['CN', 'john\0.evil']] }, {}],
    ['two addresses', { san: [emailName('a@acme.test'), emailName('b@acme.test')] }, { user_id: 'email' }],
  ])('is refused when it has %s', async (_, wish, config) => {
    expect(await open(config).judge(root.issue(wish as Wish))).toBe('certificate_subject_unclear')
  })

  it('brings groups: fixed ones, and its units where that is wanted', async () => {
    const config = { groups: ['Machines'], organizational_units_as_groups: true }
    expect(await open(config).judge(root.issue(john))).toMatchObject({
      attributes: { groups: ['Machines', 'Partners'] },
    })
  })

  it('SEC-037 is nothing when another authority made it, whatever that one is called', async () => {
    const impostor = createAuthority('Root')
    expect(await open().judge(impostor.issue(john))).toBe('not mine')
    expect(await open().judge(impostor.issue(john), [impostor, root])).toBe('not mine')
    expect(await open().judge(createAuthority('Other').issue(john))).toBe('not mine')
    const own = createAuthority('john')
    expect(await open().judge(own)).toBe('not mine')
  })

  it('SEC-037 counts in its time only, with some tolerance', async () => {
    const [notBefore, notAfter] = [
      new Date(Math.floor(now / 1000) * 1000),
      new Date(Math.floor(now / 1000) * 1000 + hour),
    ]
    const { judge } = open({ clock_tolerance: 10 })
    const issued = root.issue({ ...john, notBefore, notAfter })
    const at = async (time: number) => {
      const before = now
      now = time
      const verdict = await judge(issued)
      now = before
      return typeof verdict === 'string' ? verdict : verdict.subject
    }
    expect(await at(notBefore.getTime() - 11_000)).toBe('certificate_not_yet_valid')
    expect(await at(notBefore.getTime() - 9_000)).toBe('john')
    expect(await at(notAfter.getTime() + 9_000)).toBe('john')
    expect(await at(notAfter.getTime() + 11_000)).toBe('certificate_expired')
  })

  it.each([
    ['for servers', { extendedKeyUsage: [serverAuth] }],
    ['for whatever', { extendedKeyUsage: ['2.5.29.37.0'] }],
    ['for nothing that it says', { extendedKeyUsage: null }],
    ['of an authority', { ca: true }],
    ['not for signatures', { keyUsage: 4 }],
    ['restricted in a way nobody knows', { unknownCritical: true }],
  ])('SEC-037 is refused when it is %s', async (_, wish) => {
    expect(await open().judge(root.issue({ ...john, ...wish }))).toBe('certificate_not_for_clients')
  })

  it('may say nothing of what it is for, where that is allowed', async () => {
    const issued = root.issue({ ...john, extendedKeyUsage: null })
    expect(await open({ extended_key_usage: 'if_present' }).judge(issued)).toMatchObject({ subject: 'john' })
    const server = root.issue({ ...john, extendedKeyUsage: [serverAuth] })
    expect(await open({ extended_key_usage: 'if_present' }).judge(server)).toBe('certificate_not_for_clients')
  })

  it.each([
    ['SHA-1', { digest: 'sha1' }],
    ['a short key', { key: 'rsa1024' }],
  ] as const)('is refused for %s', async (_, wish) => {
    expect(await open().judge(root.issue({ ...john, ...wish }))).toBe('certificate_weak')
  })

  it.each(['rsa2048', 'ed25519'] as const)('may have a key of the kind %s, and so may its authority', async (key) => {
    const authority = createAuthority('Keys', { key })
    const { judge } = open({ ca_certificates: [authority.pem] })
    expect(await judge(authority.issue({ ...john, key }))).toMatchObject({ subject: 'john' })
  })
})

describe('the way to an authority', () => {
  it('leads over others, which the gateway brings or the settings have', async () => {
    const issued = between.issue(john)
    expect(await open().judge(issued)).toBe('not mine')
    expect(await open().judge(issued, [root, between])).toMatchObject({ subject: 'john' })
    expect(await open({ intermediate_certificates: [between.pem] }).judge(issued)).toMatchObject({ subject: 'john' })
    const deeper = between.authority({ subject: [['CN', 'Deeper']] })
    expect(await open().judge(deeper.issue(john), [deeper, between])).toMatchObject({ subject: 'john' })
  })

  it('SEC-037 leads over nobody who may not issue', async () => {
    const holder = root.issue(john)
    const verdict = async (middle: ReturnType<typeof root.authority>) =>
      open().judge(middle.issue({ subject: [['CN', 'admin']] }), [middle])
    expect(await verdict(root.authority({ subject: [['CN', 'a']], keyUsage: 64 })), 'only signs lists').toBe('not mine')
    expect(await verdict(root.authority({ subject: [['CN', 'b']], notAfter: new Date(now - hour) }))).toBe('not mine')
    expect(await verdict(root.authority({ subject: [['CN', 'c']], digest: 'sha1' }))).toBe('not mine')
    expect(await verdict(root.authority({ subject: [['CN', 'd']], key: 'rsa1024' }))).toBe('not mine')
    expect(await verdict(root.authority({ subject: [['CN', 'e']], unknownCritical: true }))).toBe('not mine')
    expect(await verdict(root.authority({ subject: [['CN', 'f']], permittedDns: 'acme.test' }))).toBe('not mine')
    const forged = issueBy(holder, { subject: [['CN', 'admin']] })
    expect(await open().judge(forged, [holder])).toBe('not mine')
  })

  it('SEC-037 is no longer than its authorities allow', async () => {
    const short = createAuthority('Short', { pathLength: 0 })
    const { judge } = open({ ca_certificates: [short.pem] })
    expect(await judge(short.issue(john))).toMatchObject({ subject: 'john' })
    const below = short.authority({ subject: [['CN', 'Below']] })
    expect(await judge(below.issue(john), [below])).toBe('not mine')
  })

  it('ends after so many, whatever is sent along', async () => {
    const chain = [root.authority({ subject: [['CN', '0']] })]
    for (let depth = 1; depth < 7; depth += 1) {
      const last = chain.at(-1) ?? root
      chain.push(last.authority({ subject: [['CN', String(depth)]] }) as (typeof chain)[number])
    }
    const [deep] = chain.slice(-1)
    expect(await open().judge(deep?.issue(john) ?? root, chain)).toBe('not mine')
    expect(await open().judge(chain[2]?.issue(john) ?? root, chain)).toMatchObject({ subject: 'john' })
  })
})

describe('who may come', () => {
  it('is said by patterns over the subject, or by thumbprints', async () => {
    const issued = root.issue(john)
    const judge = (subjects: string[]) => open({ subjects }).judge(issued)
    expect(await judge(['CN=rene,**', 'CN=j?hn,OU=*,O=Acme,C=DE'])).toMatchObject({ subject: 'john' })
    expect(await judge(['CN=*,O=Acme,C=DE'])).toBe('certificate_subject_not_allowed')
    const print = issued.certificate.fingerprint256.replaceAll(':', '').toLowerCase()
    expect(await open({ thumbprints: [print] }).judge(issued)).toMatchObject({ subject: 'john' })
    expect(await open({ thumbprints: [print] }).judge(root.issue(john))).toBe('certificate_subject_not_allowed')
  })

  it('SEC-037 is not widened by what stands in a value', async () => {
    const { judge } = open({ subjects: ['CN=*,OU=Staff,O=Acme'] })
    const evil = root.issue({
      subject: [
        ['O', 'Evil'],
        ['CN', 'x,OU=Staff,O=Acme'],
      ],
    })
    expect(await judge(evil)).toBe('certificate_subject_not_allowed')
  })

  it.each([
    ['CN=john', 'CN=john', true],
    ['CN=john', 'CN=John', false],
    ['CN=jo?n', 'CN=john', true],
    ['CN=?', 'CN=', false],
    ['CN=?', 'CN=\\,', true],
    ['CN=a?b', 'CN=a,b', false],
    ['CN=*', 'CN=', true],
    ['CN=*', 'CN=a,O=b', false],
    ['CN=*', 'CN=a+OU=b', false],
    ['CN=*', 'CN=a\\, b\\+c', true],
    ['**,O=Acme', 'CN=a,OU=b,O=Acme', true],
    ['**O=Acme', 'O=Acme', true],
    ['CN=*,**', 'CN=a', false],
    ['CN=a**', 'CN=a,O=b', true],
    ['*', 'CN=a', true],
    ['***', 'CN=a,O=b', true],
    ['', 'CN=a', false],
  ])('%s fits %s: %s', (pattern, name, fits) => {
    expect(fitsPattern(name, pattern)).toBe(fits)
  })

  it('takes no longer for patterns and names that are made to last', () => {
    const began = performance.now()
    expect(fitsPattern(`CN=${'a'.repeat(990)}`, `CN=${'*a'.repeat(140)}b`)).toBe(false)
    expect(fitsPattern(`CN=${'a'.repeat(990)}`, `${'**a'.repeat(90)}b`)).toBe(false)
    expect(performance.now() - began).toBeLessThan(2000)
  })
})

describe('what was taken back', () => {
  let list: string | Buffer = ''
  let status = 200
  let asked = 0
  const server = createServer((_, answer) => {
    asked += 1
    answer.writeHead(status).end(status === 200 ? list : 'away')
  })
  let address: string
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const at = server.address()
    address = `http://127.0.0.1:${typeof at === 'object' ? at?.port : ''}/root.crl?secret`
  })
  afterAll(() => new Promise((done) => server.close(done)))

  const bad = root.issue(john)
  const good = root.issue(john)
  const fetched = (more = {}) => open({ crl_urls: [address], allow_private_addresses: true, ...more })

  it('is refused, by lists that are given or fetched', async () => {
    list = root.revocations([bad.certificate])
    for (const { judge, check } of [open({ crls: [list] }), fetched()]) {
      expect(await judge(bad)).toBe('certificate_revoked')
      expect(await judge(good)).toMatchObject({ subject: 'john' })
      await expect(check()).resolves.toBeUndefined()
    }
  })

  it('is told in DER as well', async () => {
    const body = root.revocations([bad.certificate]).replaceAll(/-----[^-]+-----|\s/g, '')
    list = Buffer.from(body, 'base64')
    const { judge } = fetched()
    expect(await judge(bad)).toBe('certificate_revoked')
    expect(await judge(good)).toMatchObject({ subject: 'john' })
  })

  it('is not known where no list of the authority is current: nobody can tell, or it is taken for good', async () => {
    const old = root.revocations([bad.certificate], { nextUpdate: new Date(now - 2 * hour) })
    const stranger = createAuthority('Root').revocations([])
    for (const crl of [old, stranger]) {
      expect(await open({ crls: [crl], crl_stale: 3600 }).judge(good)).toBe('Unavailable')
      expect(await open({ crls: [crl], crl_stale: 3600, crl_unknown: 'accept' }).judge(good)).toMatchObject({})
      await expect(open({ crls: [crl], crl_stale: 3600 }).check()).rejects.toMatchObject({
        code: 'COULD_NOT_PARSE_CONFIG',
      })
    }
    expect(await open({ crls: [old], crl_stale: 3600, crl_unknown: 'accept' }).judge(bad)).toBe('certificate_revoked')
    expect(await open({ crls: [old], crl_stale: 3 * 3600 }).judge(good), 'late, but not too late').toMatchObject({})
  })

  it('counts for authorities, too', async () => {
    const middle = root.authority({ subject: [['CN', 'Middle']] })
    const { judge } = open({ crls: [root.revocations([middle.certificate]), middle.revocations([])] })
    expect(await judge(middle.issue(john), [middle])).toBe('certificate_revoked')
  })

  it('is not learnt from lists about some certificates only', async () => {
    list = root.revocations([], { partial: true })
    expect(await fetched().judge(good)).toBe('Unavailable')
    await expect(fetched().check()).rejects.toMatchObject({ code: 'COULD_NOT_PARSE_CONFIG' })
  })

  it('is fetched seldom, and known while the list cannot be had', async () => {
    list = root.revocations([bad.certificate], { nextUpdate: new Date(now + hour) })
    const { judge, check } = fetched({ crl_refresh: 60, crl_stale: 7200 })
    const before = asked
    await Promise.all([judge(good), judge(bad), judge(good)])
    expect(asked - before).toBe(1)
    status = 500
    const start = now
    now += 2 * hour
    expect(await judge(bad)).toBe('certificate_revoked')
    expect(await judge(good)).toMatchObject({ subject: 'john' })
    await expect(check()).rejects.toMatchObject({ code: 'REMOTE_HOST_RESPONDED_WITH_ERROR' })
    now = start + 4 * hour
    expect(await judge(good)).toBe('Unavailable')
    now = start
    status = 200
  })

  it('is not known before the list was had once', async () => {
    status = 503
    expect(await fetched().judge(good)).toBe('Unavailable')
    status = 200
  })
})

describe('the settings', () => {
  const problems = (config: unknown) => type.config.safeParse(config).error?.issues.map(({ path }) => path.join('.'))

  it('want authorities that can be read', () => {
    expect(problems({})).toEqual(['ca_certificates'])
    expect(problems({ ca_certificates: [] })).toEqual(['ca_certificates'])
    for (const text of ['x', root.issue(john).pem, `${root.pem}x`, root.pem.replace('M', 'N')])
      expect(problems({ ca_certificates: [text] })).toEqual(['ca_certificates.0'])
    expect(problems({ ca_certificates: [root.pem + between.pem] })).toBeUndefined()
    expect(problems({ ca_certificates: [root.pem], crls: ['x'] })).toEqual(['crls.0'])
    expect(problems({ ca_certificates: [root.pem], crl_urls: ['http://crl.example/x'] })).toEqual(['crl_urls.0'])
    expect(problems({ ca_certificates: [root.pem], unknown: 1 })).toEqual([''])
  })

  it('tell when authorities expire, and are told apart when one has', async () => {
    const old = createAuthority('Old', { notBefore: new Date(now - 48 * hour), notAfter: new Date(now - hour) })
    const config = type.config.parse({ ca_certificates: [root.pem, old.pem] })
    expect(type.expiries?.(config)).toEqual([
      { what: 'O=Acme, CN=Root', expiresAt: Date.parse(root.certificate.validTo), path: 'ca_certificates.0' },
      { what: 'O=Acme, CN=Old', expiresAt: Date.parse(old.certificate.validTo), path: 'ca_certificates.1' },
    ])
    await expect(open({ ca_certificates: [old.pem] }).check()).rejects.toMatchObject({ code: 'CERTIFICATE_EXPIRED' })
    expect(await open({ ca_certificates: [old.pem] }).judge(old.issue(john))).toBe('not mine')
    await expect(open().check()).resolves.toBeUndefined()
  })
})

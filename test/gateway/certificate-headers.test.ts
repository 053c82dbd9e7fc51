/** The forms in which gateways hand on a caller's certificate, and what is made of them. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readEvidence } from '../../src/gateway/evidence.ts'
import { certificateHeaders } from '../../src/http/certificates/certificate-headers.ts'
import { createAuthority } from '../support/certificates.ts'

const root = createAuthority()
const inter = root.authority({ subject: [['CN', 'Intermediate']] })
const john = inter.issue({ subject: [['CN', 'john, "the" doe; x=y']] })
const rene = inter.issue({ subject: [['CN', 'rene']] })

const der = (of: typeof john) => of.certificate.raw.toString('base64')
const escaped = (of: typeof john) => encodeURIComponent(of.pem)
const bare = (of: typeof john) => of.pem.replaceAll(/-----[A-Z ]+-----|\n/g, '')

const asked = { method: 'GET', scheme: 'https', host: 'api.example', target: '/' }
const all = { asked, address: '192.0.2.1', certificateHeaders: [...certificateHeaders] }

function read(headers: Readonly<Record<string, string | string[]>>, around = all) {
  const headersDistinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()]))
  return readEvidence({ headersDistinct }, around)
}

const certificateIn = (headers: Parameters<typeof read>[0]) => {
  const evidence = read(headers)
  if (typeof evidence === 'string') return evidence
  const { certificate } = evidence
  return certificate && [certificate.leaf.subject, ...certificate.chain.map(({ subject }) => subject)]
}

const subject = john.certificate.subject

describe('the certificate of a caller', () => {
  it.each([
    ['RFC 9440', { 'client-cert': `:${der(john)}:` }, [subject]],
    [
      'RFC 9440 with its chain, in two lines',
      { 'client-cert': `:${der(john)}:`, 'client-cert-chain': [`:${der(inter)}:`, `:${der(root)}:`] },
      [subject, 'CN=Intermediate', 'O=Acme\nCN=Root'],
    ],
    ['nginx', { 'x-gatehouse-client-cert': escaped(john), 'x-gatehouse-client-verify': 'SUCCESS' }, [subject]],
    ['HAProxy and Caddy', { 'x-gatehouse-client-cert': der(john), 'x-gatehouse-client-verify': '0' }, [subject]],
    ['Apache', { 'x-gatehouse-client-cert': john.pem.replaceAll('\n', ' ') }, [subject]],
    [
      'Envoy',
      {
        'x-forwarded-client-cert': `By=spiffe://x/y;Hash=00;Cert="${escaped(john)}";Subject="CN=\\"a,b;c\\"";URI=`,
      },
      [subject],
    ],
    [
      'Envoy with its chain',
      {
        'x-forwarded-client-cert': `Hash=00;Chain="${encodeURIComponent(john.pem + inter.pem)}";Cert="${escaped(john)}"`,
      },
      [subject, 'CN=Intermediate'],
    ],
    ['Traefik', { 'x-forwarded-tls-client-cert': bare(john) }, [subject]],
    [
      'Traefik as it was, with a chain',
      { 'x-forwarded-tls-client-cert': encodeURIComponent(`${bare(john)},${bare(inter)}`) },
      [subject, 'CN=Intermediate'],
    ],
    ['nobody', {}, undefined],
    ['nginx where there is none', { 'x-gatehouse-client-cert': '', 'x-gatehouse-client-verify': 'NONE' }, undefined],
    ['HAProxy where there is none', { 'client-cert': '::' }, undefined],
  ])('is read as %s writes it', (_, headers, expected) => {
    expect(certificateIn(headers as Record<string, string>)).toEqual(expected)
  })

  it('is known by its thumbprint (RFC 8705)', () => {
    const evidence = read({ 'client-cert': `:${der(john)}:` })
    const thumbprint = createHash('sha256').update(john.certificate.raw).digest('base64url')
    expect(evidence).toMatchObject({ certificate: { thumbprint }, unbelievedCertificate: false })
  })

  it.each([
    ['no certificate', { 'client-cert': ':AAAA:' }],
    ['one without colons', { 'client-cert': der(john) }],
    ['one with parameters', { 'client-cert': `:${der(john)}:;a=1` }],
    [
      'one with something behind it',
      { 'client-cert': `:${Buffer.concat([john.certificate.raw, Buffer.from('x')]).toString('base64')}:` },
    ],
    ['one that was cut', { 'x-gatehouse-client-cert': escaped(john).slice(0, -40) }],
    ['one with text before it', { 'x-gatehouse-client-cert': encodeURIComponent(`x${john.pem}`) }],
    ['percent signs that encode nothing', { 'x-gatehouse-client-cert': '%zz' }],
    ['nine certificates', { 'x-forwarded-tls-client-cert': Array(9).fill(bare(john)).join() }],
    ['a hash alone', { 'x-forwarded-client-cert': 'Hash=00;Subject="CN=john"' }],
    ['a quotation mark too many', { 'x-forwarded-client-cert': `Cert="${escaped(john)};Hash=0` }],
    [
      'two certificates of one element',
      { 'x-forwarded-client-cert': `Cert="${escaped(john)}";Cert="${escaped(rene)}"` },
    ],
    ["somebody else's chain", { 'x-forwarded-client-cert': `Cert="${escaped(john)}";Chain="${escaped(rene)}"` }],
    ['a chain without a certificate', { 'client-cert': '::', 'client-cert-chain': `:${der(inter)}:` }],
  ])('is refused when it is %s', (_, headers) => {
    expect(certificateIn(headers as Record<string, string>)).toBe('certificate_unreadable')
  })

  it.each([
    ['two lines', { 'client-cert': [`:${der(john)}:`, `:${der(rene)}:`] }],
    ['two forms', { 'client-cert': `:${der(john)}:`, 'x-gatehouse-client-cert': escaped(john) }],
    ['two hops', { 'x-forwarded-client-cert': `Cert="${escaped(rene)}",Cert="${escaped(john)}"` }],
    ['two verdicts', { 'x-gatehouse-client-cert': escaped(john), 'x-gatehouse-client-verify': ['FAILED', 'SUCCESS'] }],
  ])('is refused when it comes by %s', (_, headers) => {
    expect(certificateIn(headers)).toBe('certificate_ambiguous')
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['our own', { 'x-gatehouse-client-cert': escaped(john) }],
    ['that of RFC 9440', { 'client-cert': `:${der(john)}:` }],
    ['Envoy’s', { 'x-forwarded-client-cert': `Cert="${escaped(john)}"` }],
    ['Traefik’s', { 'x-forwarded-tls-client-cert': bare(john) }],
  ])('is refused when the gateway says that it is not good, beside whichever header: %s', (_, headers) => {
    for (const verdict of ['FAILED:certificate has expired', 'NONE', 'GENEROUS', '10'])
      expect(certificateIn({ ...headers, 'x-gatehouse-client-verify': verdict })).toBe('certificate_refused')
    expect(certificateIn({ ...headers, 'x-gatehouse-client-verify': 'SUCCESS' })).toEqual([subject])
  })

  it('is nobody’s where the gateway does not write that header', () => {
    const around = { ...all, certificateHeaders: ['client-cert' as const] }
    const evidence = read({ 'x-forwarded-client-cert': `Cert="${escaped(john)}"` }, around)
    expect(evidence).toMatchObject({ certificate: undefined, unbelievedCertificate: true })
    const own = read({ 'x-forwarded-client-cert': 'rubbish', 'client-cert': `:${der(rene)}:` }, around)
    expect(own).toMatchObject({ certificate: { leaf: { subject: 'CN=rene' } }, unbelievedCertificate: false })
  })
})

/** Lists of certificates that their authorities have taken back (RFC 5280 §5), given or fetched. */
import { AsnConvert } from '@peculiar/asn1-schema'
import { CertificateList } from '@peculiar/asn1-x509'
import type { Clock } from '../../clock.ts'
import { SourceProblem } from '../../connector.ts'
import { createKept } from '../kept.ts'
import { type Fetch, fetched, withoutQuery } from '../upstream-fetch.ts'
import { isSigned, signatureScheme } from './algorithms.ts'
import type { CertificateConfig } from './config.ts'
import { encoded, mayUse, type Parsed } from './parsed.ts'
import { pemBlocks } from './pem.ts'

interface List {
  /** As it is encoded. */
  readonly issuer: string
  /** Milliseconds. */
  readonly thisUpdate: number
  readonly nextUpdate: number
  /** Serial numbers, in hexadecimal digits as Node.js writes them. */
  readonly revoked: ReadonlySet<string>
  isSignedBy(authority: Parsed): boolean
}

export type Standing = 'good' | 'revoked' | 'unknown'

interface Needs {
  readonly config: CertificateConfig
  readonly fetch: Fetch
  readonly clock: Clock
  readonly onStale: (error: unknown) => void
}

const afterFailure = 30_000

export function createRevocations({ config, fetch, clock, onStale }: Needs) {
  const given = config.crls.flatMap((text) =>
    (pemBlocks(text, 'X509 CRL') ?? []).map((der) => readList(der, 'a list in crls')),
  )
  const times = { clock, freshFor: config.crl_refresh * 1000, retryAfter: afterFailure, onStale }
  const kept = config.crl_urls.map((url) => createKept(() => fetchList(fetch, url), times))

  /** Those that could be had, and why others could not. */
  async function lists() {
    const found = await Promise.allSettled(kept.map((read) => read()))
    return {
      all: [...given, ...found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))],
      problem: found.find((one) => one.status === 'rejected')?.reason as unknown,
    }
  }

  return {
    isAsked: given.length + kept.length > 0,

    /** `problem`: why it is unknown, when a list could not be fetched. */
    async standing({ issuer, x509 }: Parsed, authority: Parsed): Promise<{ standing: Standing; problem?: unknown }> {
      const { all, problem } = await lists()
      const own = all.filter((list) => list.issuer === issuer && list.isSignedBy(authority))
      // However old the list is: what was taken back stays so.
      if (own.some(({ revoked }) => revoked.has(x509.serialNumber))) return { standing: 'revoked' }
      const now = clock()
      const isCurrent = ({ thisUpdate, nextUpdate }: List) =>
        thisUpdate - config.clock_tolerance * 1000 <= now && now <= nextUpdate + config.crl_stale * 1000
      return own.some(isCurrent) ? { standing: 'good' } : { standing: 'unknown', problem }
    },

    /** Rejects with a {@link SourceProblem} unless each list can be had and is by one of these. */
    async check(authorities: readonly Parsed[]): Promise<void> {
      const all = [...given, ...(await Promise.all(config.crl_urls.map((url) => fetchList(fetch, url))))]
      for (const list of all) {
        if (!authorities.some((one) => one.subject === list.issuer && list.isSignedBy(one)))
          throw new SourceProblem('COULD_NOT_PARSE_CONFIG', 'A revocation list is by none of the authorities')
        if (clock() > list.nextUpdate + config.crl_stale * 1000)
          throw new SourceProblem('COULD_NOT_PARSE_CONFIG', 'A revocation list has expired')
      }
    },
  }
}

async function fetchList(fetch: Fetch, url: string): Promise<List> {
  const response = await fetched(fetch, url, { headers: { accept: 'application/pkix-crl' } })
  const body = Buffer.from(await response.arrayBuffer())
  const [der, ...more] = body.includes('-----BEGIN') ? (pemBlocks(body.toString('latin1'), 'X509 CRL') ?? []) : [body]
  if (!der || more.length > 0)
    throw new SourceProblem('COULD_NOT_PARSE_CONFIG', `${withoutQuery(url)} is not one revocation list`)
  return readList(der, withoutQuery(url))
}

// What says that the list is about some certificates only, or only about what has changed, is critical (§5.2.4, §5.2.5).
function readList(der: Buffer, place: string): List {
  try {
    const {
      tbsCertList: body,
      tbsCertListRaw: raw,
      signatureAlgorithm,
      signature,
    } = AsnConvert.parse(der, CertificateList)
    const scheme = signatureScheme(signatureAlgorithm)
    const entries = body.revokedCertificates ?? []
    const extensions = [body.crlExtensions ?? [], ...entries.map(({ crlEntryExtensions }) => crlEntryExtensions ?? [])]
    if (!raw || !scheme || extensions.flat().some(({ critical }) => critical))
      throw new Error('it is signed in a way, or about certificates, that are not understood')
    const signers = new Map<string, boolean>()
    return {
      issuer: encoded(body.issuer),
      thisUpdate: body.thisUpdate.getTime().getTime(),
      nextUpdate: (body.nextUpdate ?? body.thisUpdate).getTime().getTime(),
      revoked: new Set(entries.map(({ userCertificate }) => serialNumber(userCertificate))),
      isSignedBy(authority) {
        const { fingerprint256: name } = authority.x509
        const isSigner =
          signers.get(name) ?? (mayUse(authority, 'cRLSign') && isSigned(raw, signature, scheme, authority.key))
        signers.set(name, isSigner)
        return isSigner
      },
    }
  } catch (error) {
    throw unusable(place, error)
  }
}

function unusable(place: string, cause: unknown): SourceProblem {
  const why = cause instanceof Error ? cause.message : 'it is no list'
  return new SourceProblem('COULD_NOT_PARSE_CONFIG', `${place} cannot be used: ${why}`, { cause })
}

const serialNumber = (bytes: ArrayBuffer): string =>
  Buffer.from(bytes)
    .toString('hex')
    .toUpperCase()
    .replace(/^(?:00)+(?=.)/, '')

/** Whether a caller's certificate is by an authority that is believed, good today, and for somebody who may come. */
import type { X509Certificate } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { type Evidence, SourceProblem } from '../../connector.ts'
import { Refusal, Unavailable } from '../../errors.ts'
import type { Identity } from '../../identity.ts'
import type { Fetch } from '../upstream-fetch.ts'
import { clientAuthentication, findPath, isInTime } from './chain.ts'
import { type CertificateConfig, certificatesIn } from './config.ts'
import { distinguishedName } from './distinguished-name.ts'
import { toIdentity } from './identity.ts'
import { createParser, mayUse, type Parsed } from './parsed.ts'
import { createRevocations } from './revocations.ts'
import { fitsPattern } from './subject-pattern.ts'

interface Needs {
  readonly config: CertificateConfig
  readonly alias: string
  readonly fetch: Fetch
  readonly clock: Clock
  readonly onStale: (error: unknown) => void
}

export function createVerifier({ config, alias, fetch, clock, onStale }: Needs) {
  const parse = createParser()
  const parsed = (certificates: readonly X509Certificate[]) => certificates.flatMap((one) => parse(one) ?? [])
  const anchors = parsed(certificatesIn(config.ca_certificates))
  const between = parsed(certificatesIn(config.intermediate_certificates))
  const revocations = createRevocations({ config, fetch, clock, onStale })
  const times = () => ({ now: clock(), tolerance: config.clock_tolerance * 1000 })

  function requireGood(leaf: Parsed): void {
    const { now, tolerance } = times()
    if (now < leaf.notBefore - tolerance) throw new Refusal('certificate_not_yet_valid')
    if (!isInTime(leaf, { now, tolerance })) throw new Refusal('certificate_expired')
    const uses = leaf.extendedKeyUsage
    const isForClients =
      uses === undefined ? config.extended_key_usage !== 'required' : uses.includes(clientAuthentication)
    if (leaf.isAuthority || leaf.isStrange || !isForClients || !mayUse(leaf, 'digitalSignature'))
      throw new Refusal('certificate_not_for_clients')
  }

  /** Of the caller's own certificate a current list must tell; of authorities, those lists that there are. */
  async function requireNotRevoked(path: readonly Parsed[]): Promise<void> {
    if (!revocations.isAsked) return
    for (const [index, one] of path.entries()) {
      const authority = path[index + 1]
      if (!authority) return
      const { standing, problem } = await revocations.standing(one, authority)
      if (standing === 'revoked') throw new Refusal('certificate_revoked')
      if (standing === 'unknown' && index === 0 && config.crl_unknown === 'refuse') {
        const why = problem instanceof Error ? problem.message : 'no list that is current is by its authority'
        throw new Unavailable(alias, `${alias}: whether a certificate was revoked is not known: ${why}`)
      }
    }
  }

  function requireWelcome({ subjectName, x509 }: Parsed): void {
    const { subjects, thumbprints } = config
    const name = distinguishedName(subjectName)
    const print = x509.fingerprint256.replaceAll(':', '').toLowerCase()
    const isNamed = subjects.length === 0 || subjects.some((pattern) => fitsPattern(name, pattern))
    const isListed = thumbprints.length === 0 || thumbprints.includes(print)
    if (!isNamed || !isListed) throw new Refusal('certificate_subject_not_allowed')
  }

  return {
    /** `undefined`: by none of the authorities. Rejects with a `Refusal`, or `Unavailable`. */
    async verify({ certificate, chain = [] }: Evidence): Promise<Identity | undefined> {
      if (!certificate) return undefined
      const leaf = parse(certificate)
      if (!leaf) throw new Refusal('certificate_unreadable')
      if (!leaf.keyIsStrong || !leaf.signatureIsStrong) throw new Refusal('certificate_weak')
      const path = findPath(leaf, { anchors, others: [...between, ...parsed(chain)], ...times() })
      if (!path) return undefined
      requireGood(leaf)
      await requireNotRevoked(path)
      requireWelcome(leaf)
      return toIdentity(leaf, config)
    },

    /** Rejects with a {@link SourceProblem} when somebody who should come could not. */
    async check(): Promise<void> {
      for (const authority of [...anchors, ...between]) {
        const name = distinguishedName(authority.subjectName)
        if (!isInTime(authority, times()))
          throw new SourceProblem('CERTIFICATE_EXPIRED', `${name} is not valid today: until ${authority.x509.validTo}`)
        if (authority.isStrange || !authority.keyIsStrong || !mayUse(authority, 'keyCertSign'))
          throw new SourceProblem(
            'COULD_NOT_PARSE_CONFIG',
            `${name} cannot be used: its key, or what it restricts itself to`,
          )
      }
      await revocations.check([...anchors, ...between])
    },
  }
}

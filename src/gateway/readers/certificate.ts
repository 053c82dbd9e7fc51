/**
 * Callers whom a certificate names, by one of the sources that the API lists. It counts only where nothing else says
 * who calls: beside a token it can prove no more than that the token's holder sends it. Nothing is written.
 */
import { admitStranger } from '../../admission/admit.ts'
import type { Api } from '../../apis/api.ts'
import type { Connector } from '../../connector.ts'
import { Refusal } from '../../errors.ts'
import type { ClientCertificate } from '../../http/certificates/client-certificate.ts'
import type { ReasonCode } from '../../reasons.ts'
import type { Source } from '../../sources/source.ts'
import type { Listed, ListedSources } from '../listed-sources.ts'
import { type Evidence, notMine, type Reader, type Reading } from '../reader.ts'
import { knownBySource } from './known-by-source.ts'

interface Needs {
  readonly listedSources: ListedSources
  readonly connector: (source: Source) => Connector
}

/** What another source with the same authorities may see otherwise. What was taken back is taken back. */
const elsewhere: ReadonlySet<ReasonCode> = new Set(['certificate_subject_not_allowed', 'certificate_subject_unclear'])

export function createCertificateReader({ listedSources, connector }: Needs): Reader {
  /** `not_mine`: its authorities are others. */
  async function ask(listed: Listed, { leaf, chain }: ClientCertificate, api: Api): Promise<Reading> {
    const closed = listedSources.closed(listed)
    if (closed) return closed
    const open = connector(listed.source)
    const identity = open.kind === 'presented' ? await open.verify({ certificate: leaf, chain }) : undefined
    if (!identity) return notMine
    const answer = admitStranger(await listedSources.now(listed.source))
    if ('denied' in answer) return { kind: 'no', reason: answer.denied, about: { source: listed.source.alias } }
    return knownBySource(identity, { source: answer.source, entry: listed.entry }, api)
  }

  async function read({ certificate }: Evidence, api: Api): Promise<Reading> {
    const all = await listedSources.of(api)
    const listed = all.filter(({ source }) => source.type === 'certificate')
    if (listed.length === 0) return notMine
    if (!certificate) return listed.length === all.length ? { kind: 'no', reason: 'certificate_missing' } : notMine
    let refused: Reading | undefined
    for (const one of listed) {
      const reading = await ask(one, certificate, api).catch(whyNot)
      if (reading.kind === 'mine') return reading
      if (reading.kind === 'no') {
        refused ??= reading
        if (reading.reason.startsWith('certificate_') && !elsewhere.has(reading.reason)) return reading
      }
    }
    return refused ?? { kind: 'no', reason: 'certificate_untrusted' }
  }

  return (evidence, api) =>
    evidence.hasAuthorization || evidence.unbelievedCertificate ? notMine : read(evidence, api)
}

function whyNot(error: unknown): Reading {
  if (!(error instanceof Refusal)) throw error
  return { kind: 'no', reason: error.code, forbidden: error.status === 403 }
}

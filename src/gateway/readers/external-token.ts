/**
 * Tokens of other issuers: JWTs, and whatever else an issuer can be asked about. Each of the API's sources says by
 * itself what it recognises; the first in the API's order that vouches for the token counts. Nothing is written.
 */
import { admitStranger } from '../../admission/admit.ts'
import type { Api } from '../../apis/api.ts'
import type { Connector, Evidence, PresentedConnector } from '../../connector.ts'
import { Refusal, Unavailable } from '../../errors.ts'
import type { Identity } from '../../identity.ts'
import type { ReasonCode } from '../../reasons.ts'
import type { Source } from '../../sources/source.ts'
import type { Listed, ListedSources } from '../listed-sources.ts'
import { notMine, type Reader, type Reading } from '../reader.ts'
import { knownBySource } from './known-by-source.ts'

interface Needs {
  readonly listedSources: ListedSources
  readonly connector: (source: Source) => Connector
}

/** What another source of the same issuer, or another issuer, could still say otherwise. */
const elsewhere: ReadonlySet<ReasonCode> = new Set(['token_audience', 'token_inactive'])

export function createExternalTokenReader({ listedSources, connector }: Needs): Reader {
  async function accept(identity: Identity, { source, entry }: Listed, api: Api): Promise<Reading> {
    const answer = admitStranger(await listedSources.now(source))
    if ('denied' in answer) return { kind: 'no', reason: answer.denied, about: { source: source.alias } }
    return knownBySource(identity, { source: answer.source, entry }, api)
  }

  function recognised(listed: Listed, evidence: Evidence): PresentedConnector | undefined {
    const open = connector(listed.source)
    return open.kind === 'presented' && open.recognises?.(evidence) ? open : undefined
  }

  async function read(bearer: string, api: Api): Promise<Reading> {
    const evidence = { bearer, audience: api.audience }
    let refused: Reading | undefined
    let outage: Unavailable | undefined
    for (const listed of await listedSources.of(api)) {
      const open = recognised(listed, evidence)
      if (!open) continue
      const closed = listedSources.closed(listed)
      if (closed) {
        refused ??= closed
        continue
      }
      const answer = await open.verify(evidence).catch(orWhyNot)
      if (answer instanceof Unavailable) outage = answer
      else if (answer instanceof Refusal) {
        refused ??= { kind: 'no', reason: answer.code, about: { source: listed.source.alias } }
        if (!elsewhere.has(answer.code)) break
      } else if (answer) return accept(answer, listed, api)
    }
    if (outage) throw outage
    return refused ?? notMine
  }

  return ({ bearer }, api) =>
    bearer === undefined || api.authenticationSources.length === 0 ? notMine : read(bearer, api)
}

function orWhyNot(error: unknown): Refusal | Unavailable {
  if (error instanceof Refusal || error instanceof Unavailable) return error
  throw error
}

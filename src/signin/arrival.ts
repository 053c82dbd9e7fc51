/** Somebody proved who they are at a source: recognised, mapped, admitted, or refused. */

import type { AccountStore } from '../accounts/account.ts'
import type { Recognise } from '../accounts/recognise.ts'
import { type AdmittedPerson, admit } from '../admission/admit.ts'
import type { Client } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { Identity } from '../identity.ts'
import type { Interaction, Login } from '../interaction.ts'
import { type Mapped, mapIdentity } from '../mapping/map-identity.ts'
import type { Source } from '../sources/source.ts'
import type { Taken, Tracer } from '../traces/tracer.ts'
import { whatCame } from './what-came.ts'

interface Needs {
  readonly recognise: Recognise
  readonly accounts: Pick<AccountStore, 'identities'>
  readonly tracer: Tracer
  readonly clock: Clock
}

interface Visit {
  readonly interaction: Interaction
  readonly client: Client
  readonly source: Source
  readonly identity: Identity
}

/** Rejects with the reason why not. */
export type Receive = (visit: Visit) => Promise<Login>

export function createReceive({ recognise, accounts, tracer, clock }: Needs): Receive {
  async function recognised({ interaction, source, identity }: Omit<Visit, 'client'>, mapped: Mapped) {
    if (mapped.overage) throw new Refusal('groups_overage')
    const { essential, values } = interaction.acr
    if (essential && !values.includes(identity.acr ?? '')) throw new Refusal('unmet_authentication_requirements')
    const { name, preferred_username } = mapped.claims
    return recognise(source, identity, name ?? preferred_username ?? identity.subject)
  }

  return async ({ interaction, client, source, identity }) => {
    const known = { clientId: client.id, source }
    const mapped = mapIdentity(identity, source.mapping)
    const came = whatCame(identity, mapped, source)
    tracer.tellProven(interaction.flow, came, known)
    const account = await recognised({ interaction, source, identity }, mapped).catch(async (error) => {
      await tracer.writeProven(interaction.flow, came, known)
      throw error
    })
    const linked = (await accounts.identities(account.id)).find(({ sourceId }) => sourceId === source.id)
    const admission: AdmittedPerson | { readonly denied: Refusal['code'] } = admit({
      account,
      client,
      source,
      identity: linked,
    })
    const steps: readonly Taken[] = [...came, { what: 'recognised', detail: { account: account.id } }]
    const whom = { ...known, accountId: account.id }
    if ('denied' in admission) {
      tracer.tellProven(interaction.flow, steps.slice(-1), whom)
      await tracer.writeProven(interaction.flow, steps, whom)
      throw new Refusal(admission.denied)
    }

    await tracer.signedIn(interaction.flow, [...steps, { what: 'admitted' }], whom)
    return {
      accountId: account.id,
      sourceId: source.id,
      subject: identity.subject,
      authTime: identity.authTime ?? seconds(clock()),
      provenAt: identity.provenAt ?? clock(),
      acr: identity.acr,
      amr: identity.amr,
      upstream: identity.upstream,
    }
  }
}

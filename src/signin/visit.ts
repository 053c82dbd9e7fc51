import type { Client } from '../clients/client.ts'
import type { Interaction } from '../interaction.ts'

/** An open sign-in, and the client it is for. */
export interface Visit {
  readonly interaction: Interaction
  readonly client: Client
}

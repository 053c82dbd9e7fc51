import type { Language } from '#views/words.ts'
import type { Client } from '../clients/client.ts'
import type { Interaction } from '../interaction.ts'

/** An open sign-in, and the client it is for. */
export interface Visit {
  readonly interaction: Interaction
  readonly client: Client
  /** The person's, as far as there are words in it. */
  readonly lang: Language
}

/** What a gateway would be answered to a call with a token, without a call: what administrators look at beforehand. */
import type { Api } from '../apis/api.ts'
import { type Clock, seconds } from '../clock.ts'
import type { ReasonCode } from '../reasons.ts'
import type { AccessToken } from '../tokens/access-token.ts'
import { provableOf } from '../tokens/possession/confirmation.ts'
import { identityHeadersOf } from './identity-headers.ts'
import type { TokenAtApi } from './readers/own-token.ts'
import { objection } from './rules.ts'

export type GatewayPreview =
  | {
      readonly passes: true
      /** Without the assertion, which is signed for each call. */
      readonly headers: Readonly<Record<string, string>>
      /** The call needs an API key as well. */
      readonly needsKey: boolean
    }
  | { readonly passes: false; readonly reason: ReasonCode; readonly detail?: string | undefined }

interface Needs {
  readonly tokenAt: TokenAtApi
  readonly clock: Clock
}

export const createGatewayPreview =
  ({ tokenAt, clock }: Needs) =>
  async (token: AccessToken, api: Api): Promise<GatewayPreview> => {
    const reading = await tokenAt(token, api)
    if (reading.kind === 'no') return { passes: false, reason: reading.reason }
    const { caller } = reading
    // As if the caller held the key that it is bound to, if it is.
    const against = objection(api.rules, caller, { proven: provableOf(caller.claims), now: seconds(clock()) })
    if (against) return { passes: false, reason: against.reason, detail: against.detail }
    return {
      passes: true,
      headers: identityHeadersOf(api, { caller }),
      needsKey: api.rules.require_api_key,
    }
  }

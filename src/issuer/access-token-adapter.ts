import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider'
import type { AccessToken, CheckAccessToken, Verdict } from '../tokens/access-token.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import { confirmationOf } from '../tokens/possession/confirmation.ts'
import { adapter } from './adapter-base.ts'
import type { RequestReads } from './request-reads.ts'
import { stateOf } from './request-state.ts'
import { unmarked } from './structured-tokens.ts'

interface Needs {
  readonly checkAccessToken: CheckAccessToken
  readonly reads: RequestReads
  readonly marks: Pick<MarkStore, 'revokeToken'>
}

/** Access tokens are not kept: a genuine one that is alive is its own record. */
export function accessTokenAdapter(
  { checkAccessToken, reads, marks }: Needs,
  model: 'AccessToken' | 'ClientCredentials',
): Adapter {
  /** The library asks two models at once; userinfo and introspection look at the grant next. */
  async function lookOnce(compact: string): Promise<Verdict> {
    const state = stateOf(Provider.ctx)
    if (state.verdict?.of !== compact) {
      const grantId = parseCompactJwt(compact)?.payload.client_session
      const read = Promise.resolve(checkAccessToken(compact))
      state.verdict = { of: compact, read }
      if (typeof grantId === 'string' && grantId.length <= 64) reads.grant(grantId).catch(() => {})
    }
    return state.verdict.read
  }

  return adapter({
    async find(id) {
      const compact = unmarked(id)
      if (compact === undefined) {
        // Elsewhere it may be a token of another kind.
        if (Provider.ctx?.oidc.route === 'userinfo') stateOf(Provider.ctx).refused = 'token_malformed'
        return undefined
      }
      const verdict = await lookOnce(compact)
      if (!verdict.ok) {
        stateOf(Provider.ctx).refused = verdict.reason
        return undefined
      }
      const { token } = verdict
      if ((token.accountId === undefined) !== (model === 'ClientCredentials')) return undefined
      stateOf(Provider.ctx).accessToken = token
      return toModel(model, token)
    },
    async destroy(jti) {
      const token = stateOf(Provider.ctx).accessToken
      if (token?.jti === jti) await marks.revokeToken(jti, token.expiresAt * 1000)
    },
  })
}

function toModel(kind: string, token: AccessToken): AdapterPayload {
  const { jti, iat, exp, aud, scope, sid, client_id: _same, iss: _ours, cnf: _bound, ...extra } = token.claims
  // Userinfo takes tokens whose audience is the client (docs/tokens.md); the library wants none there.
  const userinfo = Provider.ctx?.oidc.route === 'userinfo' && token.audience === token.clientId
  return {
    kind,
    jti: token.jti,
    iat: token.issuedAt,
    exp: token.expiresAt,
    clientId: token.clientId,
    ...(typeof scope === 'string' && { scope }),
    ...(typeof sid === 'string' && { sid }),
    ...(token.accountId && { accountId: token.accountId }),
    ...(token.grantId && { grantId: token.grantId }),
    ...(!userinfo && { aud: token.audience }),
    // The library has members of these names, and holds who shows the token to them.
    ...confirmationOf(token.claims),
    extra,
  }
}

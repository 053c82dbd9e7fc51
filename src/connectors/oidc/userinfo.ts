/** What the provider says about the person beside the ID token (OpenID Connect Core §5.3). */
import * as oidc from 'openid-client'
import { described, FailedCheck, unexpected } from './failures.ts'
import type { Provider } from './provider.ts'

/** Rejects with a {@link FailedCheck} where the answer is none about that person; with an outage as every call does. */
export const readUserinfo = (
  { configuration }: Provider,
  accessToken: string,
  subject: string,
): Promise<oidc.UserInfoResponse> =>
  oidc.fetchUserInfo(configuration, accessToken, subject).catch((error: unknown) => {
    // It is the access token that is refused here, and not the broker.
    const answer = error instanceof oidc.WWWAuthenticateChallengeError ? error.response : unexpected(error)
    if (!answer) throw error
    throw new FailedCheck('userinfo', `the userinfo endpoint answered with ${described(answer)}`)
  })

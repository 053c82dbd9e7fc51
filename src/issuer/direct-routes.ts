/** What the issuer answers before Koa (decision 23), by address from the root. */
import type { DirectRoute, FindDirectRoute } from '../http/direct.ts'
import { createDirectCode } from './direct-code.ts'
import { createDirectGrant } from './direct-grant.ts'
import { createDirectIntrospection } from './direct-introspection.ts'
import { createDirectRefresh } from './direct-refresh.ts'
import { createDirectToken } from './direct-token.ts'
import { createDirectTokens } from './direct-tokens.ts'
import { routes } from './provider.ts'

type Needs = Parameters<typeof createDirectIntrospection>[0] &
  Omit<Parameters<typeof createDirectToken>[0], 'grants'> &
  Omit<Parameters<typeof createDirectGrant>[0], 'lifetime'> &
  Parameters<typeof createDirectTokens>[0] &
  Omit<Parameters<typeof createDirectRefresh>[0] & Parameters<typeof createDirectCode>[0], 'tokens'> & {
    /** The issuer's path, without a slash at the end. */
    readonly base: string
    readonly documents: { readonly addresses: Iterable<readonly [address: string, endpoint: string]> } & Pick<
      DirectRoute,
      'answer'
    >
  }

export function createDirectRoutes(needs: Needs): FindDirectRoute {
  const { base, documents, lifetimes } = needs
  const tokens = createDirectTokens(needs)
  const grants = [
    createDirectGrant({ ...needs, lifetime: lifetimes.access_token }),
    createDirectCode({ ...needs, tokens }),
    createDirectRefresh({ ...needs, tokens }),
  ]
  const found = new Map<string, DirectRoute>([
    ...[...documents.addresses].map(([address, endpoint]): [string, DirectRoute] => [
      address,
      { method: 'GET', endpoint, answer: documents.answer },
    ]),
    [base + routes.introspection, createDirectIntrospection(needs)],
    [base + routes.token, createDirectToken({ ...needs, grants })],
  ])
  return (target) => found.get(target)
}

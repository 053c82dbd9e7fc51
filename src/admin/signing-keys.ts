import type Router from '@koa/router'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Authorise } from './authorise.ts'
import { iso } from './collection.ts'

/** What tokens are signed with, what will be next and what no longer signs; of none the private part. */
export function mountSigningKeys(router: Router, keys: Pick<SigningKeys, 'list'>, authorise: Authorise): void {
  router.get('/signing-keys', async (ctx) => {
    await authorise(ctx, 'view')
    const items = (await keys.list()).map(({ kid, alg, state, createdAt, activatedAt, retiredAt }) => ({
      kid,
      alg,
      state,
      created_at: iso(createdAt),
      activated_at: activatedAt === null ? null : iso(activatedAt),
      retired_at: retiredAt === null ? null : iso(retiredAt),
    }))
    ctx.body = { items, next: null }
  })
}

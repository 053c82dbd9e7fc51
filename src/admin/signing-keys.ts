import type Router from '@koa/router'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Authorise } from './authorise.ts'
import { iso } from './collection.ts'

interface Needs {
  readonly authorise: Authorise
  readonly keys: Pick<SigningKeys, 'list' | 'rotate' | 'revoke'>
  /** Takes a change into use here; the other nodes see to that by themselves. */
  readonly follow: () => Promise<void>
}

/**
 * What tokens are signed with, what will be next and what no longer signs; of none the private part. Both actions
 * answer what the list is afterwards.
 */
export function mountSigningKeys(router: Router, { authorise, keys, follow }: Needs): void {
  async function list() {
    const items = (await keys.list()).map(({ kid, alg, state, createdAt, activatedAt, retiredAt }) => ({
      kid,
      alg,
      state,
      created_at: iso(createdAt),
      activated_at: activatedAt === null ? null : iso(activatedAt),
      retired_at: retiredAt === null ? null : iso(retiredAt),
    }))
    return { items, next: null }
  }

  router.get('/signing-keys', async (ctx) => {
    await authorise(ctx, 'view')
    ctx.body = await list()
  })

  router.post('/signing-keys/rotate', async (ctx) => {
    await keys.rotate(await authorise(ctx, 'administer'))
    await follow()
    ctx.body = await list()
  })

  router.post('/signing-keys/:kid/revoke', async (ctx) => {
    const actor = await authorise(ctx, 'administer')
    await keys.revoke(actor, ctx.params.kid ?? '')
    await follow()
    ctx.body = await list()
  })
}

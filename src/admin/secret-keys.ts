import type Router from '@koa/router'
import type { SealedStore } from '../keys/sealed-store.ts'
import type { Vault } from '../vault.ts'
import type { Authorise } from './authorise.ts'

interface Needs {
  readonly authorise: Authorise
  readonly vault: Pick<Vault, 'keyIds'>
  readonly secrets: Pick<SealedStore, 'count'>
}

/**
 * Which secret keys there are, by the beginning of their SHA-256, and how much of the registry lies under each:
 * an old one that nothing lies under can be taken away. One that is not configured and has values is missed.
 */
export function mountSecretKeys(router: Router, { authorise, vault, secrets }: Needs): void {
  router.get('/secret-keys', async (ctx) => {
    await authorise(ctx, 'view')
    const counts = await secrets.count()
    const ids = [...new Set([...vault.keyIds, ...Object.keys(counts)])]
    ctx.body = {
      items: ids.map((id) => ({
        id,
        state: id === vault.keyIds[0] ? 'first' : vault.keyIds.includes(id) ? 'old' : 'missing',
        values: counts[id] ?? 0,
      })),
      next: null,
    }
  })
}

import { z } from 'zod'
import type { SealedStore } from '../keys/sealed-store.ts'
import type { Vault } from '../vault.ts'
import type { Mount } from './operation.ts'

interface Needs {
  readonly vault: Pick<Vault, 'keyIds'>
  readonly secrets: Pick<SealedStore, 'count'>
}

const shape = {
  name: 'SecretKey',
  schema: z.strictObject({
    id: z.string().describe('The beginning of its SHA-256.'),
    state: z.enum(['first', 'old', 'missing']).describe('The first one seals; one that is missing is needed to read.'),
    values: z.int().describe('How many values of the registry lie under it.'),
  }),
  example: { id: '9f86d081', state: 'first', values: 4 },
}

/**
 * Which secret keys there are, by the beginning of their SHA-256, and how much of the registry lies under each:
 * an old one that nothing lies under can be taken away. One that is not configured and has values is missed.
 */
export function mountSecretKeys(mount: Mount, { vault, secrets }: Needs): void {
  mount(
    {
      ...{ id: 'listSecretKeys', tag: 'secret-keys', method: 'get', path: '/secret-keys', right: 'view' },
      summary: 'List the keys that secrets are sealed with',
      answer: { status: 200, is: 'All of them', shape, paged: true },
    },
    async (ctx) => {
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
    },
  )
}

import type Router from '@koa/router'
import type { Client } from '../clients/client.ts'
import { ClientInput, clientInput } from '../clients/client-input.ts'
import type { Clients } from '../clients/clients.ts'
import { requireMatch, setETag } from '../http/etag.ts'
import type { Authorise } from './authorise.ts'
import { iso, type Resource } from './collection.ts'

export const clientResource = (clients: Clients): Resource<Client, typeof ClientInput> => ({
  path: 'clients',
  input: ClientInput,
  readOnly: ['created_at', 'updated_at'],
  right: (before, next) => (opensAdministration(before?.metadata) || opensAdministration(next) ? 'administer' : 'edit'),
  list: clients.list,
  get: clients.get,
  create: clients.create,
  replace: clients.replace,
  remove: clients.remove,
  identify: (client) => client,
  inputOf: clientInput,
  view,
  once: (client, before) => (client.secret !== null && !before?.secret ? { client_secret: client.secret } : {}),
})

const view = (client: Client) => ({
  ...clientInput(client),
  created_at: iso(client.createdAt),
  updated_at: iso(client.updatedAt),
})

export const opensAdministration = (metadata: { readonly scope?: string | undefined } | undefined): boolean =>
  metadata?.scope?.split(' ').some((scope) => scope === 'admin' || scope === 'admin:read') ?? false

/** POST clients/{client_id}/secret: another secret, shown this once. */
export function mountSecretRotation(router: Router, clients: Clients, authorise: Authorise): void {
  router.post('/clients/:id/secret', async (ctx) => {
    await authorise(ctx, 'edit')
    const before = await clients.get(ctx.params.id ?? '')
    requireMatch(ctx, before.version)
    const actor = await authorise(ctx, opensAdministration(before.metadata) ? 'administer' : 'edit')
    const after = await clients.rotateSecret(actor, before.id, before.version)
    setETag(ctx, after.version)
    ctx.body = { ...view(after), client_secret: after.secret }
  })
}

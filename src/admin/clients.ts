import { z } from 'zod'
import type { Client } from '../clients/client.ts'
import { ClientInput, clientInput } from '../clients/client-input.ts'
import type { Clients } from '../clients/clients.ts'
import { requireMatch, setETag } from '../http/etag.ts'
import type { Authorise } from './authorise.ts'
import { iso, type Resource } from './collection.ts'
import type { Described } from './collection-operations.ts'
import { exampleIds, exampleSecret, moments } from './examples.ts'
import type { Mount } from './operation.ts'

const described: Described = {
  name: 'Client',
  one: 'a client',
  many: 'clients',
  shown: z.strictObject({
    ...ClientInput.in.shape,
    client_id: z.string(),
    client_secret: z.string().optional().describe('Shown in the answer that made it, and nowhere else.'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
  inUse: true,
  example: {
    id: 'patient-app',
    input: {
      client_id: 'patient-app',
      client_name: 'Patient App',
      redirect_uris: ['https://app.example.com/callback'],
      post_logout_redirect_uris: ['https://app.example.com/'],
      allowed_sources: [exampleIds.source],
      scope: 'openid profile email groups offline_access',
    },
    patch: { first_party: false, default_max_age: 3600 },
    shown: moments,
    once: { client_secret: exampleSecret },
  },
}

export const clientResource = (clients: Clients): Resource<Client, typeof ClientInput> => ({
  path: 'clients',
  described,
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
export function mountSecretRotation(mount: Mount, clients: Clients, authorise: Authorise): void {
  mount(
    {
      ...{ id: 'rotateClientSecret', tag: 'clients', method: 'post', path: '/clients/:id/secret', right: 'edit' },
      parameters: { id: { is: 'Which client', example: described.example.id } },
      summary: 'Give a client another secret',
      description: 'It is shown this once. The one before is worth nothing from now on.',
      guarded: true,
      answer: {
        ...{ status: 200, is: 'The client with its secret', headers: ['ETag'] },
        shape: { name: described.name, schema: described.shown },
      },
    },
    async (ctx) => {
      const before = await clients.get(ctx.params.id ?? '')
      requireMatch(ctx, before.version)
      const actor = await authorise(ctx, opensAdministration(before.metadata) ? 'administer' : 'edit')
      const after = await clients.rotateSecret(actor, before.id, before.version)
      setETag(ctx, after.version)
      ctx.body = { ...view(after), client_secret: after.secret }
    },
  )
}

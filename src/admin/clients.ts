import { z } from 'zod'
import type { Client } from '../clients/client.ts'
import { ClientInput, clientInput } from '../clients/client-input.ts'
import type { Clients } from '../clients/clients.ts'
import { lastUses, type SecretUseStore } from '../clients/secret-uses.ts'
import { requireMatch, setETag } from '../http/etag.ts'
import { rightToClient } from '../roles/changes.ts'
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
    secrets: z
      .array(
        z.strictObject({
          created_at: z.iso.datetime(),
          expires_at: z.iso.datetime().nullable().describe('`null`: the one in use.'),
          last_used_at: z.iso.datetime().nullable().describe('To the hour; not before `created_at`.'),
        }),
      )
      .describe('Those that count, the newest first; two while one takes over from the other.'),
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
    shown: {
      secrets: [{ created_at: moments.created_at, expires_at: null, last_used_at: null }],
      ...moments,
    },
    once: { client_secret: exampleSecret },
  },
}

/** The collection `clients`, addressed by `client_id`. A secret is in the answer that made it and nowhere else. */
export const clientResource = (
  clients: Clients,
  secretUses: Pick<SecretUseStore, 'of'>,
): Resource<Client, typeof ClientInput> => ({
  path: 'clients',
  described,
  input: ClientInput,
  readOnly: ['secrets', 'created_at', 'updated_at'],
  right: (before, next) => rightToClient(before?.metadata, next),
  list: clients.list,
  get: clients.get,
  create: clients.create,
  replace: clients.replace,
  remove: clients.remove,
  identify: (client) => client,
  inputOf: clientInput,
  view,
  further: (items) => secretsOf(items, secretUses),
  // What was given by whoever changes it needs no telling.
  once: ({ newSecret }, before) =>
    newSecret !== undefined && !before?.secrets.length ? { client_secret: newSecret } : {},
})

const view = (client: Client) => ({
  ...clientInput(client),
  created_at: iso(client.createdAt),
  updated_at: iso(client.updatedAt),
})

async function secretsOf(clients: readonly Client[], secretUses: Pick<SecretUseStore, 'of'>) {
  const uses = await secretUses.of(clients.map(({ id }) => id))
  const usedAt = lastUses(uses)
  return clients.map(({ id, secrets }) => ({
    secrets: secrets.map((secret) => {
      const at = usedAt(id, secret)
      return {
        created_at: iso(secret.createdAt),
        expires_at: secret.expiresAt === null ? null : iso(secret.expiresAt),
        last_used_at: at === null ? null : iso(at),
      }
    }),
  }))
}

const longestOverlap = 90 * 86_400
const Rotation = z.strictObject({
  overlap_seconds: z
    .int()
    .min(0)
    .max(longestOverlap)
    .default(0)
    .describe('For how long the secret before is good as well.'),
})

/** POST clients/{client_id}/secret: another secret, shown this once. */
export function mountSecretRotation(
  mount: Mount,
  clients: Clients,
  secretUses: Pick<SecretUseStore, 'of'>,
  authorise: Authorise,
): void {
  mount(
    {
      ...{ id: 'rotateClientSecret', tag: 'clients', method: 'post', path: '/clients/:id/secret', right: 'edit' },
      parameters: { id: { is: 'Which client', example: described.example.id } },
      summary: 'Give a client another secret',
      description:
        'It is shown this once. The one before is good for the overlap, and any older one for no longer: two count at most.',
      body: {
        schema: Rotation,
        described: { name: 'ClientSecretRotation', schema: Rotation },
        ...{ optional: true, example: { overlap_seconds: 86_400 } },
      },
      guarded: true,
      answer: {
        ...{ status: 200, is: 'The client with its secret', headers: ['ETag'] },
        shape: { name: described.name, schema: described.shown },
      },
    },
    async (ctx, { body }) => {
      const before = await clients.get(ctx.params.id ?? '')
      requireMatch(ctx, before.version)
      const actor = await authorise(ctx, rightToClient(before.metadata, undefined))
      const after = await clients.rotateSecret(actor, before.id, body.overlap_seconds, before.version)
      setETag(ctx, after.version)
      const [further] = await secretsOf([after], secretUses)
      ctx.body = { ...view(after), ...further, client_secret: after.newSecret }
    },
  )
}

import { z } from 'zod'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { iso } from './collection.ts'
import { exampleKid, moments } from './examples.ts'
import type { Mount } from './operation.ts'

interface Needs {
  readonly keys: Pick<SigningKeys, 'list' | 'rotate' | 'revoke'>
  /** Takes a change into use here; the other nodes see to that by themselves. */
  readonly follow: () => Promise<void>
}

const shape = {
  name: 'SigningKey',
  schema: z.strictObject({
    kid: z.string(),
    alg: z.string(),
    state: z.enum(['next', 'active', 'retiring']).describe('Only the active one signs; all verify.'),
    created_at: z.iso.datetime(),
    activated_at: z.iso.datetime().nullable(),
    retired_at: z.iso.datetime().nullable(),
  }),
  example: {
    ...{ kid: exampleKid, alg: 'RS256', state: 'active' },
    ...{ created_at: moments.created_at, activated_at: moments.created_at, retired_at: null },
  },
}
const all = { status: 200, is: 'All of them, oldest first', shape, paged: true } as const

/**
 * What tokens are signed with, what will be next and what no longer signs; of none the private part. Both actions
 * answer what the list is afterwards.
 */
export function mountSigningKeys(mount: Mount, { keys, follow }: Needs): void {
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

  mount(
    {
      ...{ id: 'listSigningKeys', tag: 'signing-keys', method: 'get', path: '/signing-keys', right: 'view' },
      summary: 'List the keys that tokens are signed with',
      answer: all,
    },
    async (ctx) => {
      ctx.body = await list()
    },
  )

  mount(
    {
      ...{ id: 'rotateSigningKey', tag: 'signing-keys', method: 'post', path: '/signing-keys/rotate' },
      right: 'administer',
      summary: 'Let the next signing key take over',
      answer: all,
      refusals: ['signing_key_too_new'],
    },
    async (ctx, { actor }) => {
      await keys.rotate(actor)
      await follow()
      ctx.body = await list()
    },
  )

  mount(
    {
      ...{ id: 'revokeSigningKey', tag: 'signing-keys', method: 'post', path: '/signing-keys/:kid/revoke' },
      parameters: { kid: { is: 'Which signing key', example: exampleKid } },
      right: 'administer',
      summary: 'Revoke a signing key in an emergency',
      description: 'Nothing that it signed counts any more, and another one signs.',
      answer: all,
    },
    async (ctx, { actor }) => {
      await keys.revoke(actor, ctx.params.kid ?? '')
      await follow()
      ctx.body = await list()
    },
  )
}

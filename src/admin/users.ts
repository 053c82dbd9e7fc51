import { z } from 'zod'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import { type User, userInput } from '../accounts/user.ts'
import { UserInput } from '../accounts/user-input.ts'
import type { Users } from '../accounts/users.ts'
import { found } from '../collection.ts'
import { requireMatch, setETag } from '../http/etag.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { iso, type Resource } from './collection.ts'
import type { Described } from './collection-operations.ts'
import { exampleIds, moments } from './examples.ts'
import type { Mount } from './operation.ts'

const { password, authentication_source, claims, groups, roles, ...profile } = UserInput.shape

const described: Described = {
  name: 'User',
  one: 'a user',
  many: 'users',
  shown: z.strictObject({
    id: z.uuid().describe('The `sub` of their tokens.'),
    display_name: z.string(),
    ...profile,
    authentication_source: z.uuid().optional().describe('Of people whose password is kept here, the source it is for.'),
    claims: claims.optional(),
    groups: groups.optional(),
    roles: z.array(z.strictObject({ name: z.string(), client: z.string().nullable() })),
    has_password: z.boolean().describe('Whether they can sign in with a password that is kept here.'),
    identities: z
      .array(
        z.strictObject({
          authentication_source: z.uuid(),
          subject: z.string(),
          linked_at: z.iso.datetime(),
          last_login_at: z.iso.datetime().nullable(),
        }),
      )
      .describe('Who they are to the sources they have come through.'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
  example: {
    id: exampleIds.user,
    input: {
      username: 'grace',
      password: 'a long enough passphrase',
      name: 'Grace Hopper',
      email: 'grace@acme.com',
      groups: ['Staff'],
      roles: ['nurse'],
    },
    patch: { email_verified: true, password: 'another long passphrase' },
    shown: {
      display_name: 'Grace Hopper',
      authentication_source: exampleIds.localSource,
      roles: [{ name: 'nurse', client: null }],
      password: undefined,
      has_password: true,
      identities: [
        {
          authentication_source: exampleIds.localSource,
          subject: '8d8ac610-566d-4ef0-9c22-186b2a5ed793',
          linked_at: moments.created_at,
          last_login_at: null,
        },
      ],
      ...moments,
    },
  },
}

/** The collection `users`: local users whole; of everybody else only `enabled` and `roles` can be set. */
export const userResource = (users: Users): Resource<User, typeof UserInput> => ({
  path: 'users',
  described,
  input: UserInput,
  readOnly: ['id', 'display_name', 'identities', 'has_password', 'created_at', 'updated_at'],
  leastRight: 'administer',
  right: () => 'administer',
  list: users.list,
  get: async (id) => found(await users.get(id), `user ${id}`),
  create: users.create,
  replace: (actor, id, input, expected) => users.replace(actor, id, input, expected),
  remove: users.remove,
  identify: ({ account }) => account,
  inputOf: userInput,

  view,
})

function view(user: User) {
  const { account, identities, local } = user
  return {
    id: account.id,
    display_name: account.displayName,
    ...userInput(user),
    has_password: local?.hasPassword ?? false,
    identities: identities.map(({ sourceId, subject, linkedAt, lastLoginAt }) => ({
      authentication_source: sourceId,
      subject,
      linked_at: iso(linkedAt),
      last_login_at: lastLoginAt === null ? null : iso(lastLoginAt),
    })),
    created_at: iso(account.createdAt),
    updated_at: iso(account.updatedAt),
  }
}

/** POST users/{id}/end-sessions: the person is out everywhere, and may come again. */
export function mountSigningOut(mount: Mount, sessions: Pick<Sessions, 'endAll'>): void {
  mount(
    {
      ...{
        id: 'endSessionsOfUser',
        tag: 'users',
        method: 'post',
        path: '/users/:id/end-sessions',
        right: 'administer',
      },
      parameters: { id: { is: 'Which user', example: exampleIds.user } },
      summary: 'End all sessions of a user',
      description:
        'With their grants and tokens, what applications may do for them offline, and sign-ins that are under way. They may sign in again.',
      answer: {
        ...{ status: 200, is: 'How many sessions there were' },
        shape: { name: 'EndedSessions', schema: z.strictObject({ ended: z.int() }), example: { ended: 1 } },
      },
    },
    async (ctx, { actor }) => {
      ctx.body = { ended: await sessions.endAll(actor, ctx.params.id ?? '') }
    },
  )
}

/** DELETE users/{id}/second-factors: for somebody who has lost them all. */
export function mountResettingFactors(mount: Mount, factors: Pick<FactorKeeper, 'reset'>): void {
  mount(
    {
      ...{ id: 'resetSecondFactors', tag: 'users', method: 'delete', path: '/users/:id/second-factors' },
      parameters: { id: { is: 'Which user', example: exampleIds.user } },
      right: 'administer',
      summary: 'Remove all second factors of a user',
      description:
        'The authenticator app, the passkeys and the recovery codes of somebody who has lost them. Their password alone signs them in until they set up others: make sure that it is them who asks. 404 for people whose password is not kept here.',
      answer: { status: 204, is: 'They have none' },
    },
    async (ctx, { actor }) => {
      await factors.reset(actor, ctx.params.id ?? '')
      ctx.status = 204
    },
  )
}

/** DELETE users/{id}/identities/{source id}: what that source says of the person counts here no more. */
export function mountUnlinking(mount: Mount, users: Users): void {
  mount(
    {
      ...{ id: 'unlinkIdentity', tag: 'users', method: 'delete', path: '/users/:id/identities/:source' },
      parameters: {
        id: { is: 'Which user', example: exampleIds.linkedUser },
        source: { is: 'Which authentication source, by id', example: exampleIds.linkedSource },
      },
      right: 'administer',
      guarded: true,
      summary: 'Untie a user from an authentication source',
      description:
        'Whoever comes with that identity again is somebody new. The user is signed out everywhere. Where the password is kept here, remove the user instead: 409.',
      answer: {
        ...{ status: 200, is: 'The user without it', headers: ['ETag'] },
        shape: { name: described.name, schema: described.shown },
      },
      refusals: ['in_use'],
    },
    async (ctx, { actor }) => {
      const { account } = await users.get(ctx.params.id ?? '')
      requireMatch(ctx, account.version)
      const after = await users.unlink(actor, account.id, ctx.params.source ?? '', account.version)
      setETag(ctx, after.account.version)
      ctx.body = view(after)
    },
  )
}

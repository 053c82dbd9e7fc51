import { type User, userInput } from '../accounts/user.ts'
import { UserInput } from '../accounts/user-input.ts'
import type { Users } from '../accounts/users.ts'
import { found } from '../collection.ts'
import { iso, type Resource } from './collection.ts'

export const userResource = (users: Users): Resource<User, typeof UserInput> => ({
  path: 'users',
  input: UserInput,
  readOnly: ['id', 'display_name', 'identities', 'has_password', 'created_at', 'updated_at'],
  right: () => 'administer',
  list: users.list,
  get: async (id) => found(await users.get(id), `user ${id}`),
  create: users.create,
  replace: (actor, id, input, expected) => users.replace(actor, id, input, expected),
  remove: users.remove,
  identify: ({ account }) => account,
  inputOf: userInput,

  view(user) {
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
  },
})

/** Two people and what Okta would say about them. `sub` is Okta's name for the person, not the broker's. */
export interface User {
  readonly sub: string
  readonly name: string
  readonly given_name: string
  readonly family_name: string
  readonly preferred_username: string
  readonly email: string
  readonly groups: readonly string[]
}

/** By user name, which is the password as well. */
const users: Readonly<Record<string, User>> = {
  rene: {
    sub: '00u1rene4kx8TQbC5d7',
    name: 'Rene Klomp',
    given_name: 'Rene',
    family_name: 'Klomp',
    preferred_username: 'rene@example.com',
    email: 'rene@example.com',
    groups: ['Everyone', 'Consultant'],
  },
  john: {
    sub: '00u2john9mZ3RWfE6a1',
    name: 'John Vermeer',
    given_name: 'John',
    family_name: 'Vermeer',
    preferred_username: 'john@example.com',
    email: 'john@example.com',
    groups: ['Everyone', 'Staff'],
  },
}

export const findUser = (sub: string): User | undefined => Object.values(users).find((user) => user.sub === sub)

export function signIn(username: string, password: string): User | undefined {
  const name = username.trim().toLowerCase()
  return Object.hasOwn(users, name) && password === name ? users[name] : undefined
}

import type { Account, AccountStore } from '../accounts/account.ts'

interface Needs {
  readonly accounts: Pick<AccountStore, 'get' | 'list'>
}

const mostFitting = 8

/** Whom an administrator means by an id, a name or an e-mail address: nobody, one person, or some to choose from. */
export type FindPeople = (typed: string) => Promise<readonly Pick<Account, 'id' | 'displayName'>[]>

export const createFindPeople =
  ({ accounts }: Needs): FindPeople =>
  async (typed) => {
    const byId = await accounts.get(typed)
    return byId ? [byId] : (await accounts.list({ limit: mostFitting, search: typed })).items
  }

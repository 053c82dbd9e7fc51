/** Whoever a user name may stand for at an API, and what there is to know of them before a password is looked at. */
import type { Account, AccountStore, LinkedIdentity } from '../../accounts/account.ts'
import {
  canonicalUsername,
  isPossibleUsername,
  type LocalUser,
  type LocalUserStore,
} from '../../accounts/local-user.ts'
import type { SecondFactorStore } from '../../accounts/second-factors/factor.ts'
import type { Attempt, Room, Throttle } from '../../accounts/throttle.ts'
import type { Source } from '../../sources/source.ts'
import type { Listed, ListedSources } from '../listed-sources.ts'

export interface LocalPeopleNeeds {
  readonly listedSources: Pick<ListedSources, 'now'>
  readonly localUsers: Pick<LocalUserStore, 'byUsername'>
  /** Of the registry, and not out of memory. */
  readonly accounts: Pick<AccountStore, 'get' | 'identity'>
  readonly secondFactors: Pick<SecondFactorStore, 'isWanted'>
  readonly throttle: Pick<Throttle, 'check'>
}

interface Standing {
  readonly room: Room
  readonly source: Source | undefined
  readonly account: Account | undefined
  readonly identity: LinkedIdentity | undefined
  readonly wantsMore: boolean
}

export interface Found extends Standing {
  readonly user: LocalUser | undefined
  /** The source that has them; of somebody unknown, the first. */
  readonly here: Listed
  readonly attempt: Attempt
}

/** What was asked about somebody when they came last: which questions there are, and none of the answers. */
interface Known {
  readonly sourceId: string
  readonly userId: string
  readonly accountId: string
}

const mostKnown = 5000

export interface LocalPeople {
  /** `undefined`: no source. Rejects with `too_many_attempts`. Who was remembered is asked about in one trip. */
  lookUp(listed: readonly Listed[], username: string, address: string): Promise<Found | undefined>
  /** Their password was right. */
  remember(listed: readonly Listed[], username: string, known: Known): void
}

export function createLocalPeople({ listedSources, localUsers, accounts, secondFactors, throttle }: LocalPeopleNeeds) {
  const acquaintances = new Map<string, Known>()
  const placeOf = (listed: readonly Listed[], username: string) =>
    JSON.stringify([canonicalUsername(username), ...listed.map(({ source }) => source.id)])

  /** Of the first source that has the name: which of them is asked does not depend on the password. */
  async function find(listed: readonly Listed[], username: string): Promise<LocalUser | undefined> {
    const name = canonicalUsername(username)
    const found = await Promise.all(listed.map(({ source }) => localUsers.byUsername(source.id, name)))
    return found.find((user) => user !== undefined)
  }

  async function standingOf(attempt: Attempt, { source }: Listed, user: LocalUser | undefined): Promise<Standing> {
    const accountOf = async () => {
      const identity = user && (await accounts.identity(user.sourceId, user.id))
      return { identity, account: identity && (await accounts.get(identity.accountId)) }
    }
    const [room, now, known, wantsMore] = await Promise.all([
      throttle.check(attempt),
      listedSources.now(source),
      accountOf(),
      user !== undefined && secondFactors.isWanted(user.id),
    ])
    return { room, source: now, wantsMore, ...known }
  }

  /** All at once, of whom they were last time. */
  async function standingAsBefore(attempt: Attempt, { source }: Listed, known: Known): Promise<Standing> {
    const [room, now, identity, account, wantsMore] = await Promise.all([
      throttle.check(attempt),
      listedSources.now(source),
      accounts.identity(known.sourceId, known.userId),
      accounts.get(known.accountId),
      secondFactors.isWanted(known.userId),
    ])
    return { room, source: now, identity, account, wantsMore }
  }

  const people: LocalPeople = {
    async lookUp(listed, username, address) {
      const [first] = listed
      if (!first) return undefined
      const attemptAt = ({ source }: Listed): Attempt => ({ username, sourceId: source.id, address })
      const isPossible = isPossibleUsername(username)
      const known = isPossible ? acquaintances.get(placeOf(listed, username)) : undefined
      const before = listed.find(({ source }) => source.id === known?.sourceId)
      const [user, early] = await Promise.all([
        isPossible ? find(listed, username) : undefined,
        known && before && standingAsBefore(attemptAt(before), before, known),
      ])
      const here = listed.find(({ source }) => source.id === user?.sourceId) ?? first
      const attempt = attemptAt(here)
      const isAsBefore = user?.id === known?.userId && early?.identity?.accountId === known?.accountId
      const standing = early && isAsBefore ? early : await standingOf(attempt, here, user)
      return { user, here, attempt, ...standing }
    },

    remember(listed, username, known) {
      if (acquaintances.size >= mostKnown) acquaintances.clear()
      acquaintances.set(placeOf(listed, username), known)
    },
  }
  return people
}

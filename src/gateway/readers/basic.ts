/**
 * People with a user name and a password (RFC 7617), of the local sources that the API names. Whoever guesses here is
 * counted and shut out as at the sign-in page. Everything is asked at every call, and out of the registry itself; only
 * the hash of a password that was right is not computed again for a while, and then everything is asked at once.
 */
import { canonicalUsername, type LocalUser, localAttributes } from '../../accounts/local-user.ts'
import type { Attempt, Room, Throttle } from '../../accounts/throttle.ts'
import { admitDirectly } from '../../admission/admit.ts'
import type { Api } from '../../apis/api.ts'
import { Refusal } from '../../errors.ts'
import { networkOf } from '../../http/network.ts'
import { mapIdentity } from '../../mapping/map-identity.ts'
import { personClaims } from '../../tokens/claims.ts'
import { basicCredentials } from '../basic-credentials.ts'
import type { Listed, ListedSources } from '../listed-sources.ts'
import { notMine, type Reader, type Reading } from '../reader.ts'
import { createLocalPeople, type LocalPeopleNeeds } from './local-people.ts'
import { callerOf } from './own-token.ts'

interface Shown {
  /** In one spelling. */
  readonly username: string
  readonly password: string
  /** `null`: nothing is kept of a password, which takes as long. */
  readonly phc: string | null
  readonly network: string
}

interface Needs extends LocalPeopleNeeds {
  readonly listedSources: ListedSources
  readonly throttle: Throttle
  /** `remembered`: it was found right a while ago. Rejects with `Unavailable` when too many are waiting. */
  readonly checkPassword: (shown: Shown) => Promise<{ readonly right: boolean; readonly remembered: boolean }>
}

export function createBasicReader({ listedSources, throttle, checkPassword, ...needs }: Needs): Reader {
  const people = createLocalPeople({ listedSources, throttle, ...needs })

  async function isRight(
    attempt: Attempt,
    room: Room,
    password: string,
    user: LocalUser | undefined,
  ): Promise<boolean> {
    const { right, remembered } = await checkPassword({
      username: canonicalUsername(attempt.username),
      password,
      phc: user?.passwordHash ?? null,
      network: networkOf(attempt.address),
    })
    if (!right || !user) await throttle.failed(attempt)
    // What is known to be right is no guess, and is written down once.
    else if (!remembered) await throttle.succeeded(attempt, room)
    return right && user !== undefined
  }

  async function read(listed: readonly Listed[], basic: string, address: string, api: Api): Promise<Reading> {
    const credentials = basicCredentials(basic)
    if (!credentials) return { kind: 'no', reason: 'basic_malformed' }
    const { username, password } = credentials
    const found = await people.lookUp(listed, username, address)
    if (!found) return notMine
    const { user, here, attempt, room, source, account, identity, wantsMore } = found
    if (!(await isRight(attempt, room, password, user)) || !user) return { kind: 'no', reason: 'bad_credentials' }
    const answer = admitDirectly({ account, source, identity })
    if ('denied' in answer) {
      // A disabled account reads like a wrong password: nobody is told which names exist (SEC-085).
      const reason = answer.denied === 'source_disabled' ? answer.denied : 'bad_credentials'
      return { kind: 'no', reason }
    }
    people.remember(listed, username, { sourceId: user.sourceId, userId: user.id, accountId: answer.account.id })
    if (wantsMore) return { kind: 'no', reason: 'second_factor_missing' }
    const mapped = mapIdentity({ subject: user.id, attributes: localAttributes(user) }, answer.source.mapping)
    const claims = { sub: answer.account.id, ...personClaims(answer, mapped) }
    const person = { claims, accountId: answer.account.id, sourceAlias: answer.source.alias, clientId: '', scopes: [] }
    return { kind: 'mine', caller: callerOf(person, api, here.entry.roles) }
  }

  async function ask(basic: string, address: string, api: Api): Promise<Reading> {
    const listed = (await listedSources.of(api)).filter(({ source }) => source.type === 'local')
    if (listed.length === 0) return notMine
    const open = listed.filter((one) => listedSources.closed(one) === undefined)
    if (open.length === 0) return listed.map(listedSources.closed)[0] ?? notMine
    try {
      return await read(open, basic, address, api)
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'too_many_attempts')) throw error
      return { kind: 'no', reason: error.code, retryAfter: error.retryAfter ?? 0 }
    }
  }

  return ({ basic, address }, api) => (basic === undefined ? notMine : ask(basic, address, api))
}

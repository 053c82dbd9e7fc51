/** People: the list, and one of them looked at. */
import { z } from 'zod'
import { linkButton } from '#views/console/parts.ts'
import { peopleView } from '#views/console/people.ts'
import { personView } from '#views/console/person.ts'
import { html } from '#views/html.ts'
import type { FactorKeeper } from '../../accounts/second-factors/second-factors.ts'
import type { User } from '../../accounts/user.ts'
import { userInput } from '../../accounts/user.ts'
import { type UserInput, UserInput as UserSchema } from '../../accounts/user-input.ts'
import type { Users } from '../../accounts/users.ts'
import { parseInput } from '../../input.ts'
import type { Source } from '../../sources/source.ts'
import { type HistoryNeeds, historyOf } from '../history.ts'
import type { Content, Mount, Visit } from '../page.ts'
import { searchText } from '../query.ts'
import { createSessionLines, type SessionNeeds } from './sessions.ts'

export interface PeopleNeeds extends SessionNeeds, HistoryNeeds {
  readonly factors: Pick<FactorKeeper, 'ofAccount' | 'reset'>
  readonly users: Users
}

const pageSize = 50

/** What somebody wrote into the address by hand is as good as nothing. */
const Query = z.object({
  q: searchText,
  after: z.string().max(200).optional().catch(undefined),
})

export const personCrumbs = ({ words, at }: Visit, user?: User) => [
  { text: words.people.title, href: at('/people') },
  ...(user ? [{ text: user.account.displayName, href: at(`/people/${user.account.id}`) }] : []),
]

export const isSelf = ({ administrator }: Visit, { account }: Pick<User, 'account'>): boolean =>
  account.id === administrator.accountId

/** What a PUT would have to say to leave the person as they are, and what is to be different. */
export const personInput = (user: User, more: object = {}): UserInput =>
  parseInput(UserSchema, { ...userInput(user), ...more })

const emailOf = ({ identities }: User): string | undefined =>
  identities.map(({ attributes }) => attributes.email).find((email) => typeof email === 'string')

const seenAt = ({ identities }: User): number | null =>
  identities.reduce<number | null>(
    (latest, { lastLoginAt }) => (lastLoginAt === null ? latest : Math.max(latest ?? 0, lastLoginAt)),
    null,
  )

export const peoplePages = (needs: PeopleNeeds) => {
  const { users, sessions, sourceStore } = needs
  const lines = createSessionLines(needs)

  async function sourcesOf(some: readonly User[]): Promise<ReadonlyMap<string, Source>> {
    const ids = some.flatMap(({ identities }) => identities.map(({ sourceId }) => sourceId))
    return new Map((await sourceStore.some([...new Set(ids)])).map((source) => [source.id, source]))
  }

  async function person(visit: Visit): Promise<Content> {
    const { lang, now, csrf, at, may } = visit
    const user = await users.get(visit.param('id'))
    const { account, identities, local } = user
    const [sources, open, changes, factors] = await Promise.all([
      sourcesOf([user]),
      sessions.ofAccount(account.id),
      historyOf(needs, [{ type: 'user', id: account.id }], at),
      needs.factors.ofAccount(account.id),
    ])
    const here = (rest: string) => at(`/people/${account.id}/${rest}`)
    const { id, displayName: name, enabled, createdAt } = account
    const body = personView({
      ...{ lang, now, csrf, id, name, enabled, createdAt, local, changes },
      factors: factors && {
        hasApp: factors.authenticator !== undefined,
        passkeys: factors.passkeys.length,
        recoveryCodes: factors.recoveryCodes,
      },
      isSelf: isSelf(visit, user),
      email: emailOf(user),
      identities: identities.map(({ sourceId, subject, linkedAt, lastLoginAt }) => ({
        ...{ subject, linkedAt, lastLoginAt },
        source: { name: sources.get(sourceId)?.name ?? sourceId, href: at(`/sources/${sourceId}`) },
        unlink: local?.sourceId === sourceId ? undefined : here(`unlink/${sourceId}`),
      })),
      roles: account.roles,
      sessions: await lines(visit, open, true),
      ways: {
        ...{ edit: here('edit'), password: here('password'), enable: here('enable'), disable: here('disable') },
        ...{ endAll: here('end-sessions'), erase: here('erase-traces'), remove: here('remove') },
        resetFactors: here('second-factors'),
        traces: at('/traces', { user: id }),
      },
      mayChange: may('administer'),
    })
    return { title: name, crumbs: personCrumbs(visit), body }
  }

  return (mount: Mount): void => {
    mount.page({ path: '/people', area: 'people', right: 'view' }, async (visit) => {
      const { words, lang, now, at, query, may } = visit
      const { q, after } = Query.parse(Object.fromEntries(query))
      const { items, next } = await users.list({
        ...{ limit: pageSize, ...(after !== undefined && { after }), ...(q !== '' && { search: q }) },
      })
      const sources = await sourcesOf(items)
      const add = may('administer') ? at('/people/add') : undefined
      return {
        title: words.people.title,
        lead: words.people.lead,
        actions: html`${add !== undefined && linkButton(add, words.people.add, 'primary')}`,
        body: peopleView({
          ...{ lang, now, add, search: q, action: at('/people') },
          next: next === null ? undefined : at('/people', { q, after: next }),
          first: after === undefined ? undefined : at('/people', { q }),
          rows: items.map((user) => ({
            name: user.account.displayName,
            known: user.local?.username ?? emailOf(user),
            sources: [...new Set(user.identities.map(({ sourceId }) => sources.get(sourceId)?.name ?? sourceId))],
            seenAt: seenAt(user),
            enabled: user.account.enabled,
            isSelf: isSelf(visit, user),
            href: at(`/people/${user.account.id}`),
          })),
        }),
      }
    })

    mount.page({ path: '/people/:id', area: 'people', right: 'view' }, person)

    mount.action({ path: '/people/:id/enable', area: 'people', right: 'administer' }, async (visit) => {
      const user = await users.get(visit.param('id'))
      const { account } = user
      await users.replace(visit.actor, account.id, personInput(user, { enabled: true }), account.version)
      return { to: visit.at(`/people/${account.id}`), say: visit.words.people.enabled(account.displayName) }
    })
  }
}

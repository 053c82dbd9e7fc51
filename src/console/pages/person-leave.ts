/** What hurts a person: who is affected comes first, and nobody shuts themselves out. */
import { confirmView, typedName } from '#views/console/confirm.ts'
import type { Text } from '#views/words.ts'
import type { User } from '../../accounts/user.ts'
import { Refusal } from '../../errors.ts'
import { invalidInput } from '../../input.ts'
import type { EraseTraces } from '../../traces/erasure.ts'
import { versionIn } from '../forms.ts'
import { isOwnSource } from '../own-source.ts'
import type { Entered, Mount, Sent, Visit } from '../page.ts'
import { isSelf, type PeopleNeeds, personCrumbs, personInput } from './people.ts'
import { createSessionLines } from './sessions.ts'

interface Needs extends PeopleNeeds {
  readonly eraseTraces: EraseTraces
}

interface Hurt {
  /** Below the person's page. */
  readonly path: 'disable' | 'end-sessions' | 'unlink/:source' | 'second-factors' | 'erase-traces' | 'remove'
  title(visit: Visit, user: User): Promise<Text>
  what(visit: Visit, user: User): Text
  button(visit: Visit): Text
  /** Why this administrator cannot; `undefined`: nothing stands against it. */
  against(visit: Visit, user: User): Promise<Text | undefined>
  /** Whether it ends the person's sessions. */
  readonly ends: boolean
  /** It cannot be undone. */
  readonly typed?: boolean
  affected?(visit: Visit, user: User): readonly Text[]
  act(visit: Visit, user: User, version: number): Promise<Sent>
}

export const personLeavePages = (needs: Needs) => {
  const { users, sessions, sourceStore, factors, eraseTraces } = needs
  const lines = createSessionLines(needs)
  const nothing = async () => undefined
  const notOneself = async (visit: Visit, user: User) =>
    isSelf(visit, user) ? visit.words.people.ownAccount : undefined
  const back = (visit: Visit, { account }: User) => visit.at(`/people/${account.id}`)

  async function sourceName(visit: Visit): Promise<string> {
    const [source] = await sourceStore.some([visit.param('source')])
    return source?.name ?? visit.param('source')
  }

  const disable: Hurt = {
    path: 'disable',
    ...{ ends: true, against: notOneself },
    title: async ({ words }, { account }) => words.people.disableTitle(account.displayName),
    what: ({ words }) => words.people.disableWhat,
    button: ({ words }) => words.people.disable,
    async act(visit, user, version) {
      await users.replace(visit.actor, user.account.id, personInput(user, { enabled: false }), version)
      return { to: back(visit, user), say: visit.words.people.disabled(user.account.displayName) }
    },
  }

  const endAll: Hurt = {
    path: 'end-sessions',
    ...{ ends: true, against: nothing },
    title: async ({ words }, { account }) => words.people.endAllTitle(account.displayName),
    what: (visit, user) => (isSelf(visit, user) ? visit.words.people.endAllSelf : visit.words.people.endAllWhat),
    button: ({ words }) => words.people.endAll,
    async act(visit, user) {
      const count = await sessions.endAll(visit.actor, user.account.id)
      return { to: back(visit, user), say: visit.words.people.endedAll(user.account.displayName, count) }
    },
  }

  const unlink: Hurt = {
    path: 'unlink/:source',
    ...{ ends: true },
    title: async (visit, { account }) => visit.words.people.unlinkTitle(account.displayName, await sourceName(visit)),
    what: ({ words }) => words.people.unlinkWhat,
    button: ({ words }) => words.people.unlink,
    affected: ({ words }, { identities }) => (identities.length > 1 ? [] : [words.people.unlinkLast]),
    async against(visit, user) {
      if (!isSelf(visit, user)) return undefined
      const [source] = await sourceStore.some([visit.param('source')])
      return source && isOwnSource(visit, source) ? visit.words.people.ownLink : undefined
    },
    async act(visit, user, version) {
      await users.unlink(visit.actor, user.account.id, visit.param('source'), version)
      return { to: back(visit, user), say: visit.words.people.unlinked(user.account.displayName) }
    },
  }

  const resetFactors: Hurt = {
    path: 'second-factors',
    ends: false,
    title: async ({ words }, { account }) => words.people.resetFactorsTitle(account.displayName),
    what: ({ words }) => words.people.resetFactorsWhat,
    button: ({ words }) => words.people.resetFactors,
    // Their own they remove one by one, and show one of them for it.
    against: async (visit, user) => (isSelf(visit, user) ? visit.words.people.ownFactors : undefined),
    async act(visit, user) {
      await factors.reset(visit.actor, user.account.id)
      return { to: back(visit, user), say: visit.words.people.factorsReset(user.account.displayName) }
    },
  }

  const erase: Hurt = {
    path: 'erase-traces',
    ...{ ends: false, against: nothing },
    title: async ({ words }, { account }) => words.people.eraseTitle(account.displayName),
    what: ({ words }) => words.people.eraseWhat,
    button: ({ words }) => words.people.erase,
    async act(visit, user) {
      const count = await eraseTraces(visit.actor, user.account.id)
      return { to: back(visit, user), say: visit.words.people.erased(user.account.displayName, count) }
    },
  }

  const remove: Hurt = {
    path: 'remove',
    ...{ ends: true, typed: true, against: notOneself },
    title: async ({ words }, { account }) => words.people.removeTitle(account.displayName),
    what: ({ words }) => words.people.removeWhat,
    button: ({ words }) => words.kit.remove,
    affected: ({ words }, { account }) =>
      account.roles.length > 0 ? [words.people.affectedRoles(account.roles.length)] : [],
    async act(visit, user, version) {
      await users.remove(visit.actor, user.account.id, version)
      return { to: visit.at('/people'), say: visit.words.people.removed(user.account.displayName) }
    },
  }

  async function affectedBy(hurt: Hurt, visit: Visit, user: User): Promise<readonly Text[]> {
    const own = hurt.affected?.(visit, user) ?? []
    if (!hurt.ends) return own
    const { people } = visit.words
    const open = await lines(visit, await sessions.ofAccount(user.account.id), true)
    const apps = [...new Set(open.flatMap(({ clients }) => clients.map(({ name }) => name)))]
    return [
      people.affectedSessions(open.length),
      ...(apps.length > 0 ? [people.affectedClients(apps.join(', '))] : []),
      ...own,
    ]
  }

  const mountHurt = (mount: Mount, hurt: Hurt): void =>
    mount.form(
      { path: `/people/:id/${hurt.path}` as const, area: 'people', right: 'administer' },
      {
        async show(visit: Visit, { problems, message }: Entered) {
          const user = await users.get(visit.param('id'))
          const against = await hurt.against(visit, user)
          const { words, csrf, lang } = visit
          const { account } = user
          return {
            title: await hurt.title(visit, user),
            crumbs: personCrumbs(visit, user),
            body: confirmView({
              ...{ csrf, lang, problems, message, version: account.version },
              action: visit.at(`/people/${account.id}/${hurt.path.replace(':source', visit.param('source'))}`),
              what: against ?? hurt.what(visit, user),
              affectedTitle: words.people.affected,
              affected: against === undefined ? await affectedBy(hurt, visit, user) : [],
              submit: against === undefined ? hurt.button(visit) : undefined,
              cancel: back(visit, user),
              ...(hurt.typed && { name: account.displayName }),
            }),
          }
        },

        async submit(visit, form) {
          const user = await users.get(visit.param('id'))
          const against = await hurt.against(visit, user)
          if (against !== undefined) throw new Refusal('in_use', String(against))
          const { displayName } = user.account
          if (hurt.typed && form.get(typedName)?.trim() !== displayName)
            throw invalidInput([{ path: typedName, message: visit.words.kit.typeName(displayName) }])
          return hurt.act(visit, user, versionIn(form))
        },
      },
    )

  return (mount: Mount): void => {
    for (const hurt of [disable, endAll, unlink, resetFactors, erase, remove]) mountHurt(mount, hurt)
  }
}

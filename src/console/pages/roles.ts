/** Roles: the list, making and changing them, and taking one away when nothing names it. */
import { z } from 'zod'
import { confirmView } from '#views/console/confirm.ts'
import { formView } from '#views/console/form.ts'
import { linkButton } from '#views/console/parts.ts'
import { type RoleUser, rolesView, roleView } from '#views/console/roles.ts'
import { html } from '#views/html.ts'
import type { ConsoleWords } from '#views/words/console.ts'
import { Refusal } from '../../errors.ts'
import { parseInput } from '../../input.ts'
import { administration, type Role, type RoleUsage } from '../../roles/role.ts'
import { RoleInput, type Roles, roleInput } from '../../roles/roles.ts'
import { fieldsOf, inputFrom, shownValues, versionIn } from '../forms.ts'
import type { Entered, Mount, Visit } from '../page.ts'
import { searchText } from '../query.ts'

interface Needs {
  readonly roles: Roles
}

const pageSize = 50

/** What somebody wrote into the address by hand is as good as nothing. */
const Query = z.object({
  q: searchText,
  after: z.string().max(200).optional().catch(undefined),
})

const crumbsOf = ({ words, at }: Visit, role?: Role) => [
  { text: words.roles.title, href: at('/roles') },
  ...(role ? [{ text: role.name, href: at(`/roles/${role.id}`) }] : []),
]

/** Those that open the console. */
const isOurs = ({ name, client }: Role): boolean =>
  client === administration.client && administration.roles.some((role) => role === name)

function usersOf({ sources, accounts, apis, portals }: RoleUsage, at: Visit['at']): readonly RoleUser[] {
  const those = (
    kind: RoleUser['kind'],
    path: string,
    some: readonly { readonly id: string; readonly name: string }[],
  ) => some.map(({ id, name }) => ({ kind, name, href: at(`/${path}/${id}`) }))
  return [
    ...those('source', 'sources', sources),
    ...those('account', 'people', accounts),
    ...those('api', 'apis', apis),
    ...those('portal', 'portals', portals),
  ]
}

/** Name and client are only said of a new one. */
const fieldsFor = ({ roles: words }: ConsoleWords, role?: Role) =>
  fieldsOf(RoleInput, { words: words.fields }).filter(({ name }) => !role || name === 'description')

function form({ words, csrf, lang, at }: Visit, entered: Entered, role?: Role) {
  const fields = fieldsFor(words, role)
  return formView({
    ...{ action: at(role ? `/roles/${role.id}/edit` : '/roles/add'), csrf, lang, groups: [{ fields }] },
    ...(role && { version: role.version }),
    ...shownValues(fields, role ? roleInput(role) : {}, entered),
    submit: role ? words.kit.save : words.roles.add,
    cancel: at(role ? `/roles/${role.id}` : '/roles'),
  })
}

export const rolePages =
  ({ roles }: Needs) =>
  (mount: Mount): void => {
    const roleOf = (visit: Visit) => roles.get(visit.param('id'))

    mount.page({ path: '/roles', area: 'roles', right: 'view' }, async ({ words, lang, now, at, query, may }) => {
      const { q, after } = Query.parse(Object.fromEntries(query))
      const { items, next } = await roles.list({
        ...{ limit: pageSize, ...(after !== undefined && { after }), ...(q !== '' && { search: q }) },
      })
      const add = may('edit') ? at('/roles/add') : undefined
      return {
        title: words.roles.title,
        lead: words.roles.lead,
        actions: html`${add !== undefined && linkButton(add, words.roles.add, 'primary')}`,
        body: rolesView({
          ...{ lang, now, add, search: q, action: at('/roles') },
          next: next === null ? undefined : at('/roles', { q, after: next }),
          first: after === undefined ? undefined : at('/roles', { q }),
          rows: items.map(({ id, name, client, description }) => ({
            ...{ name, client, description, href: at(`/roles/${id}`) },
          })),
        }),
      }
    })

    mount.form(
      { path: '/roles/add', area: 'roles', right: 'edit' },
      {
        show: async (visit, entered) => ({
          title: visit.words.roles.add,
          crumbs: crumbsOf(visit),
          body: form(visit, entered),
        }),

        async submit(visit, sent) {
          const role = await roles.create(visit.actor, parseInput(RoleInput, inputFrom(fieldsFor(visit.words), sent)))
          return { to: visit.at(`/roles/${role.id}`), say: visit.words.roles.added(role.name) }
        },
      },
    )

    mount.page({ path: '/roles/:id', area: 'roles', right: 'view' }, async (visit) => {
      const role = await roleOf(visit)
      const { lang, now, at, may } = visit
      const { id, name, client, description } = role
      const body = roleView({
        ...{ lang, now, name, client, description, isOurs: isOurs(role), mayEdit: may('edit') },
        users: usersOf(await roles.usage(id), at),
        ways: { edit: at(`/roles/${id}/edit`), remove: at(`/roles/${id}/remove`) },
      })
      return { title: name, crumbs: crumbsOf(visit), body }
    })

    mount.form(
      { path: '/roles/:id/edit', area: 'roles', right: 'edit' },
      {
        async show(visit, entered) {
          const role = await roleOf(visit)
          const title = visit.words.roles.editTitle(role.name)
          return { title, crumbs: crumbsOf(visit, role), body: form(visit, entered, role) }
        },

        async submit(visit, sent) {
          const before = await roleOf(visit)
          const said = inputFrom(fieldsFor(visit.words, before), sent)
          const input = parseInput(RoleInput, { ...roleInput(before), description: '', ...said })
          const { id, name } = await roles.replace(visit.actor, before.id, input, versionIn(sent))
          return { to: visit.at(`/roles/${id}`), say: visit.words.roles.saved(name) }
        },
      },
    )

    mount.form(
      { path: '/roles/:id/remove', area: 'roles', right: 'edit' },
      {
        async show(visit, { problems, message }) {
          const role = await roleOf(visit)
          const { words, csrf, lang, at } = visit
          const { roles: own, kit } = words
          const users = usersOf(await roles.usage(role.id), at)
          const isHeld = users.length > 0
          const stays = isHeld || isOurs(role)
          return {
            title: own.removeTitle(role.name),
            crumbs: crumbsOf(visit, role),
            body: confirmView({
              ...{ action: at(`/roles/${role.id}/remove`), csrf, lang, version: role.version },
              ...(stays ? { problems: [] } : { problems, message }),
              what: isOurs(role) ? own.removeOurs : isHeld ? own.removeBlocked : own.removeWhat,
              affectedTitle: own.usage,
              affected: users.map(
                ({ kind, name, href }) => html`${own.kinds[kind]}: <a href="${href}"><bdi>${name}</bdi></a>`,
              ),
              submit: stays ? undefined : kit.remove,
              cancel: at(`/roles/${role.id}`),
            }),
          }
        },

        async submit(visit, sent) {
          const role = await roleOf(visit)
          if (isOurs(role)) throw new Refusal('in_use', visit.words.roles.removeOurs)
          await roles.remove(visit.actor, role.id, versionIn(sent))
          return { to: visit.at('/roles'), say: visit.words.roles.removed(role.name) }
        },
      },
    )
  }

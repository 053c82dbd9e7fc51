/** Making a local user, changing a person, and another password. */
import { type Field, formView } from '#views/console/form.ts'
import { linkButton } from '#views/console/parts.ts'
import { passwordView } from '#views/console/person.ts'
import { html } from '#views/html.ts'
import type { ConsoleWords } from '#views/words/console.ts'
import { type User, userInput } from '../../accounts/user.ts'
import { UserInput } from '../../accounts/user-input.ts'
import { newSecret } from '../../ids.ts'
import { invalidInput, parseInput } from '../../input.ts'
import { administration } from '../../roles/role.ts'
import { fieldsOf, inputFrom, shownValues, versionIn } from '../forms.ts'
import type { Mount, Sent, Visit } from '../page.ts'
import { isSelf, type PeopleNeeds, personCrumbs, personInput } from './people.ts'

const profile = ['username', 'name', 'given_name', 'family_name', 'email', 'email_verified', 'groups']
const readable = 20

function fieldsFor({ people: words, sources: { further } }: ConsoleWords, kind: 'new' | 'local' | 'foreign') {
  const all = fieldsOf(UserInput, { words: words.fields })
  const those = (names: readonly string[]) => names.flatMap((name) => all.find((field) => field.name === name) ?? [])
  const required = (fields: readonly Field[]) =>
    fields.map((field) => (field.name === 'username' ? { ...field, required: true } : field))
  const roles: Field = {
    ...{ name: 'roles', kind: 'rows', required: false, ...words.fields.roles },
    columns: [
      { name: 'name', label: words.fields['roles.name'].label },
      { name: 'client', label: words.fields['roles.client'].label },
    ],
  }
  const password: Field = { ...{ name: 'password', kind: 'secret', required: false, ...words.fields.password } }
  const about = kind === 'foreign' ? [] : required(those(profile))
  const begin = kind === 'new' ? [...those(['authentication_source']), password] : []
  const groups = [
    ...(about.length + begin.length > 0 ? [{ title: words.profile, fields: [...about, ...begin] }] : []),
    { fields: [roles] },
    ...(kind === 'foreign' ? [] : [{ title: further, fields: those(['claims']), folded: true }]),
  ]
  return { groups, fields: groups.flatMap((group) => group.fields) }
}

/** Whether an address is verified is said of an address only. */
function saidIn(fields: readonly Field[], form: URLSearchParams): Record<string, unknown> {
  const { email_verified, ...said } = inputFrom(fields, form)
  return said.email === undefined ? said : { ...said, email_verified }
}

const isAdministrator = ({ roles }: UserInput): boolean =>
  roles.some(
    (role) =>
      typeof role !== 'string' && role.client === administration.client && nameIn(role) === administration.roles[0],
  )

const nameIn = (role: { readonly name: string } | { readonly role: string }) => ('name' in role ? role.name : role.role)

export const personEditPages =
  ({ users }: PeopleNeeds) =>
  (mount: Mount): void => {
    const userOf = (visit: Visit) => users.get(visit.param('id'))

    /** Once, when it was made here; whoever chose one knows it. */
    const afterwards = (visit: Visit, { account }: User, made: string | undefined, say: string): Sent => {
      const to = visit.at(`/people/${account.id}`)
      if (made === undefined) return { to, say }
      const body = html`${passwordView(made, visit.lang)}<p>${linkButton(to, visit.words.people.toPerson)}</p>`
      return { content: { title: say, crumbs: personCrumbs(visit), body } }
    }

    mount.form(
      { path: '/people/add', area: 'people', right: 'administer' },
      {
        async show(visit, entered) {
          const { words, csrf, lang, at } = visit
          const { groups, fields } = fieldsFor(words, 'new')
          return {
            title: words.people.add,
            crumbs: personCrumbs(visit),
            body: formView({
              ...{ action: at('/people/add'), csrf, lang, groups },
              ...shownValues(fields, { authentication_source: 'local', claims: undefined }, entered),
              submit: words.people.add,
              cancel: at('/people'),
            }),
          }
        },

        async submit(visit, form) {
          const said = saidIn(fieldsFor(visit.words, 'new').fields, form)
          const made = said.password === undefined ? newSecret().slice(0, readable) : undefined
          const user = await users.create(visit.actor, parseInput(UserInput, { password: made, ...said }))
          return afterwards(visit, user, made, visit.words.people.added(user.account.displayName))
        },
      },
    )

    mount.form(
      { path: '/people/:id/edit', area: 'people', right: 'administer' },
      {
        async show(visit, entered) {
          const user = await userOf(visit)
          const { words, csrf, lang, at } = visit
          const { groups, fields } = fieldsFor(words, user.local ? 'local' : 'foreign')
          const { claims, ...stored } = userInput(user)
          const hasClaims = typeof claims === 'object' && claims !== null && Object.keys(claims).length > 0
          return {
            title: words.people.editTitle(user.account.displayName),
            ...(!user.local && { lead: words.people.editForeign }),
            crumbs: personCrumbs(visit, user),
            body: formView({
              ...{ action: at(`/people/${user.account.id}/edit`), csrf, lang, groups, version: user.account.version },
              ...shownValues(fields, hasClaims ? { ...stored, claims } : stored, entered),
              submit: words.kit.save,
              cancel: at(`/people/${user.account.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const user = await userOf(visit)
          const { account, local } = user
          const said = saidIn(fieldsFor(visit.words, local ? 'local' : 'foreign').fields, form)
          const input = parseInput(UserInput, { enabled: account.enabled, ...said })
          if (isSelf(visit, user) && isAdministrator(personInput(user)) && !isAdministrator(input))
            throw invalidInput([{ path: 'roles', message: visit.words.people.ownRole }])
          const after = await users.replace(visit.actor, account.id, input, versionIn(form))
          const say = visit.words.people.saved(after.account.displayName)
          return { to: visit.at(`/people/${account.id}`), say }
        },
      },
    )

    mount.form(
      { path: '/people/:id/password', area: 'people', right: 'administer' },
      {
        async show(visit, entered) {
          const { account, ...user } = await userOf(visit)
          const { words, csrf, lang, at } = visit
          const { fields: named } = words.people
          const field: Field = { name: 'password', kind: 'secret', required: false, ...named.password }
          return {
            title: words.people.resetTitle(account.displayName),
            lead: words.people.resetWhat,
            crumbs: personCrumbs(visit, { account, ...user }),
            body: formView({
              ...{ action: at(`/people/${account.id}/password`), csrf, lang, version: account.version },
              groups: [{ fields: [{ ...field, label: words.people.newPassword }] }],
              ...shownValues([field], {}, entered),
              submit: words.people.reset,
              cancel: at(`/people/${account.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const user = await userOf(visit)
          const chosen = form.get('password') ?? ''
          const made = chosen === '' ? newSecret().slice(0, readable) : undefined
          const input = personInput(user, { password: made ?? chosen })
          const after = await users.replace(visit.actor, user.account.id, input, versionIn(form))
          const { resetDone, resetSaid } = visit.words.people
          const { displayName } = after.account
          return afterwards(visit, after, made, made ? resetDone(displayName) : resetSaid(displayName))
        },
      },
    )
  }

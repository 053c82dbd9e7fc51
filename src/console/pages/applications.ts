/** Applications: the list, and adding one. */
import { z } from 'zod'
import { applicationsView } from '#views/console/applications.ts'
import { formView } from '#views/console/form.ts'
import { copyable, descriptions, linkButton, secretOnce } from '#views/console/parts.ts'
import { html } from '#views/html.ts'
import { ApplicationInput, type RegisteredApplication } from '../../applications/application-input.ts'
import type { Applications } from '../../applications/applications.ts'
import { parseInput } from '../../input.ts'
import { rightToClient } from '../../roles/changes.ts'
import type { Statistics } from '../../traces/statistics.ts'
import { inputFrom, shownValues } from '../forms.ts'
import type { Mount, Visit } from '../page.ts'
import { searchText } from '../query.ts'
import { applicationFields, applicationGroups } from './application-fields.ts'

interface Needs {
  readonly applications: Pick<Applications, 'list' | 'create'>
  readonly statistics: Pick<Statistics, 'registry'>
}

const pageSize = 50

/** What somebody wrote into the address by hand is as good as nothing. */
const Query = z.object({
  q: searchText,
  after: z.string().max(200).optional().catch(undefined),
})

export const applicationCrumbs = (
  { words, at }: Visit,
  application?: { readonly id: string; readonly name: string },
) => [
  { text: words.applications.title, href: at('/applications') },
  ...(application ? [{ text: application.name, href: at(`/applications/${application.id}`) }] : []),
]

/** Whoever says where its people are sent back to receives their tokens: the right that the admin API asks for. */
export const rightToApplication = (registered?: RegisteredApplication) =>
  rightToClient(registered?.client.metadata, undefined)

export const applicationPages =
  ({ applications, statistics }: Needs) =>
  (mount: Mount): void => {
    mount.page({ path: '/applications', area: 'applications', right: 'view' }, async (visit) => {
      const { words, lang, now, at, query, may } = visit
      const { q, after } = Query.parse(Object.fromEntries(query))
      const [{ items, next }, { applications: all }] = await Promise.all([
        applications.list({
          limit: pageSize,
          ...(after !== undefined && { after }),
          ...(q !== '' && { search: q }),
        }),
        statistics.registry(),
      ])
      const add = may('edit') ? at('/applications/add') : undefined
      return {
        title: words.applications.title,
        lead: words.applications.lead,
        ...(add !== undefined && { actions: linkButton(add, words.applications.add, 'primary') }),
        body: applicationsView({
          ...{ lang, now, add, all, search: q, action: at('/applications') },
          next: next === null ? undefined : at('/applications', { q, after: next }),
          first: after === undefined ? undefined : at('/applications', { q }),
          rows: items.map(({ application, client }) => ({
            ...application,
            clientId: client.id,
            href: at(`/applications/${application.id}`),
          })),
        }),
      }
    })

    mount.form(
      { path: '/applications/add', area: 'applications', right: 'edit' },
      {
        async show(visit, entered) {
          const { words, csrf, lang, at } = visit
          const fields = applicationFields(words)
          return {
            title: words.applications.addTitle,
            lead: words.applications.addLead,
            crumbs: applicationCrumbs(visit),
            body: formView({
              ...{ action: at('/applications/add'), csrf, lang },
              ...shownValues(fields, { application_type: 'web' }, entered),
              groups: applicationGroups(words, fields),
              submit: words.applications.add,
              cancel: at('/applications'),
            }),
          }
        },

        async submit(visit, form) {
          const { words, actor, lang, at } = visit
          const input = parseInput(ApplicationInput, inputFrom(applicationFields(words), form))
          const made = await applications.create(actor, input)
          const { application, client } = made
          const { applications: say } = words
          return {
            content: {
              title: say.made(application.name),
              lead: say.madeLead,
              crumbs: applicationCrumbs(visit),
              body: html`${descriptions([
                [say.clientId, copyable('client-id', client.id, say.clientId, lang)],
                [
                  say.clientSecret,
                  client.newSecret === undefined
                    ? say.noSecret
                    : secretOnce('client-secret', client.newSecret, say.clientSecret, lang),
                ],
              ])}<p>${linkButton(at(`/applications/${application.id}`), say.toApplication, 'primary')}</p>`,
            },
          }
        },
      },
    )
  }

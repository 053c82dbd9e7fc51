/** One application, looked at; changing it, and its client's secret. */
import { applicationView } from '#views/console/application.ts'
import { type Field, formView } from '#views/console/form.ts'
import { copyable, descriptions, linkButton, notice, secretOnce } from '#views/console/parts.ts'
import { exactly } from '#views/console/time.ts'
import { html } from '#views/html.ts'
import type { ConsoleWords } from '#views/words/console.ts'
import type { ApiStore } from '../../apis/api.ts'
import type { ApiKeys } from '../../applications/api-keys.ts'
import { ApplicationInput, applicationInput } from '../../applications/application-input.ts'
import type { Applications } from '../../applications/applications.ts'
import type { Clients } from '../../clients/clients.ts'
import { parseInput } from '../../input.ts'
import { inputFrom, shownValues, versionIn } from '../forms.ts'
import { type HistoryNeeds, historyOf } from '../history.ts'
import type { Mount, Visit } from '../page.ts'
import { applicationFields, applicationGroups } from './application-fields.ts'
import { applicationCrumbs, rightToApplication } from './applications.ts'

interface Needs extends HistoryNeeds {
  readonly applications: Pick<Applications, 'get' | 'replace'>
  readonly clients: Pick<Clients, 'rotateSecret'>
  readonly apiKeys: Pick<ApiKeys, 'list'>
  readonly apis: Pick<ApiStore, 'entitling' | 'some'>
}

const shownKeys = 50

/** Seconds for which what is replaced is good, by what they are called. */
export const overlapField = ({ applications: words }: ConsoleWords): Field => ({
  ...{ name: 'overlap_seconds', kind: 'choice', required: true },
  label: words.keyFields.overlap.label,
  help: words.keyFields.overlap.help,
  options: Object.entries(words.overlaps)
    .map(([value, text]) => ({ value, text }))
    .toSorted((one, other) => Number(one.value) - Number(other.value)),
})

export const applicationPage =
  ({ applications, clients, apiKeys, apis, ...needs }: Needs) =>
  (mount: Mount): void => {
    const registeredOf = (visit: Visit) => applications.get(visit.param('id'))

    mount.page({ path: '/applications/:id', area: 'applications', right: 'view' }, async (visit) => {
      const { lang, now, csrf, at, may, query } = visit
      const registered = await registeredOf(visit)
      const { application, client } = registered
      const { id } = application
      const after = query.get('after') ?? undefined
      const here = (rest: string) => at(`/applications/${id}${rest}`)
      const [{ items: keys, next }, namedBy, changes] = await Promise.all([
        apiKeys.list(id, { limit: shownKeys, ...(after !== undefined && { after }) }),
        apis.entitling(client.id),
        historyOf(
          needs,
          [
            { type: 'application', id },
            { type: 'client', id: client.id },
          ],
          at,
        ),
      ])
      const opened = await apis.some([...new Set(keys.map(({ apiId }) => apiId))])
      const apiById = new Map(opened.map((api) => [api.id, { name: api.name, href: at(`/apis/${api.id}`) }]))
      const body = applicationView({
        ...{ lang, now, csrf, application, changes },
        namedBy: namedBy.map((api) => ({ name: api.name, href: at(`/apis/${api.id}`) })),
        client: {
          id: client.id,
          authentication: client.metadata.token_endpoint_auth_method ?? 'client_secret_basic',
          redirectUris: client.metadata.redirect_uris ?? [],
          secrets: client.secrets,
        },
        keys: keys.map((key) => ({
          ...key,
          api: apiById.get(key.apiId),
          rotate: here(`/keys/${key.id}/rotate`),
          revoke: here(`/keys/${key.id}/revoke`),
        })),
        next: next === null ? undefined : `${at(`/applications/${id}`, { after: next })}#keys`,
        first: after === undefined ? undefined : `${here('')}#keys`,
        ways: {
          ...{ edit: here('/edit'), secret: here('/secret'), makeKey: here('/keys/make'), remove: here('/remove') },
          disable: (side) => here(`/disable/${side}`),
          enable: (side) => here(`/enable/${side}`),
        },
        mayEdit: may(rightToApplication(registered)),
      })
      return { title: application.name, crumbs: applicationCrumbs(visit), body }
    })

    mount.form(
      { path: '/applications/:id/edit', area: 'applications', right: 'edit' },
      {
        async show(visit, entered) {
          const registered = await registeredOf(visit)
          const { application } = registered
          const { words, csrf, lang, at } = visit
          const fields = applicationFields(words)
          return {
            title: words.applications.editTitle(application.name),
            crumbs: applicationCrumbs(visit, application),
            body: formView({
              ...{ action: at(`/applications/${application.id}/edit`), csrf, lang, version: application.version },
              ...shownValues(fields, applicationInput(registered), entered),
              groups: applicationGroups(words, fields),
              submit: words.kit.save,
              cancel: at(`/applications/${application.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const before = await registeredOf(visit)
          visit.require(rightToApplication(before))
          const { disabled_by_publisher, disabled_by_consumer } = applicationInput(before)
          const said = inputFrom(applicationFields(visit.words), form)
          const input = parseInput(ApplicationInput, { disabled_by_publisher, disabled_by_consumer, ...said })
          const { id } = before.application
          await applications.replace(visit.actor, id, input, versionIn(form))
          return { to: visit.at(`/applications/${id}`), say: visit.words.applications.saved(input.name) }
        },
      },
    )

    mount.form(
      { path: '/applications/:id/secret', area: 'applications', right: 'edit' },
      {
        async show(visit, entered) {
          const { application, client } = await registeredOf(visit)
          const { words, csrf, lang, at } = visit
          const field = overlapField(words)
          return {
            title: words.applications.rotateSecretTitle(application.name),
            lead: words.applications.rotateSecretLead,
            crumbs: applicationCrumbs(visit, application),
            body: formView({
              ...{ action: at(`/applications/${application.id}/secret`), csrf, lang, version: client.version },
              ...shownValues([field], { overlap_seconds: '86400' }, entered),
              groups: [{ fields: [field] }],
              submit: words.applications.rotateSecret,
              cancel: at(`/applications/${application.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const before = await registeredOf(visit)
          visit.require(rightToApplication(before))
          const { application, client } = before
          const { words, lang, at } = visit
          const { applications: say } = words
          const overlap = Number(form.get('overlap_seconds') ?? '')
          const seconds = Object.hasOwn(say.overlaps, String(overlap)) ? overlap : 0
          const { newSecret, secrets } = await clients.rotateSecret(visit.actor, client.id, seconds, versionIn(form))
          const ends = secrets[1]?.expiresAt ?? null
          return {
            content: {
              title: say.secretRotated(application.name),
              crumbs: applicationCrumbs(visit, application),
              body: html`${descriptions([
                [say.clientId, copyable('client-id', client.id, say.clientId, lang)],
                [say.clientSecret, secretOnce('client-secret', newSecret ?? '', say.clientSecret, lang)],
              ])}${notice('warning', ends === null ? say.formerOver : html`<p>${say.formerUntil} ${exactly(ends, visit)}</p>`)}<p>${linkButton(at(`/applications/${application.id}`), say.toApplication, 'primary')}</p>`,
            },
          }
        },
      },
    )
  }

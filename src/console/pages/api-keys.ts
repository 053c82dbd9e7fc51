/** An application's keys: made, rotated and revoked. Each is shown once. */
import { confirmView, typedName } from '#views/console/confirm.ts'
import { type Field, formView } from '#views/console/form.ts'
import { copyable, linkButton, notice, secretOnce } from '#views/console/parts.ts'
import { ago, exactly } from '#views/console/time.ts'
import { html } from '#views/html.ts'
import type { Api } from '../../apis/api.ts'
import type { Apis } from '../../apis/apis.ts'
import type { ApiKey } from '../../applications/api-key.ts'
import { ApiKeyInput, type ApiKeys, type NewApiKey, RotationInput } from '../../applications/api-keys.ts'
import type { RegisteredApplication } from '../../applications/application-input.ts'
import type { Applications } from '../../applications/applications.ts'
import { Refusal } from '../../errors.ts'
import { invalidInput, parseInput } from '../../input.ts'
import { shownValues, versionIn } from '../forms.ts'
import type { Content, Mount, Visit } from '../page.ts'
import { overlapField } from './application.ts'
import { applicationCrumbs } from './applications.ts'

interface Needs {
  readonly applications: Pick<Applications, 'get'>
  readonly apiKeys: ApiKeys
  readonly apis: Pick<Apis, 'list' | 'get'>
}

const day = 86_400_000
const offered = 100

export const apiKeyPages =
  ({ applications, apiKeys, apis }: Needs) =>
  (mount: Mount): void => {
    const registeredOf = (visit: Visit) => applications.get(visit.param('id'))
    const keyOf = (visit: Visit) => apiKeys.get(visit.param('id'), visit.param('key'))

    /** Of a key, whose API may have gone since. */
    async function apiOf({ apiId }: ApiKey, { words }: Visit): Promise<string> {
      try {
        return (await apis.get(apiId)).name
      } catch (error) {
        if (error instanceof Refusal && error.code === 'not_found') return words.applications.goneApi
        throw error
      }
    }

    async function apiNamed(text: string, { words }: Visit): Promise<Api> {
      const { items } = await apis.list({ limit: offered, search: text })
      const lower = text.toLowerCase()
      const known = items.find((api) => [api.id, api.slug, api.name.toLowerCase()].includes(lower))
      if (known) return known
      try {
        return await apis.get(text)
      } catch (error) {
        if (!(error instanceof Refusal && error.code === 'not_found')) throw error
        throw invalidInput([{ path: 'api_id', message: words.applications.noSuchApi }])
      }
    }

    const expiryFields = ({ words }: Visit, withSame: boolean): readonly Field[] => {
      const { expiries, keyFields } = words.applications
      const order = [...(withSame ? (['same'] as const) : []), '30', '90', '365', 'never'] as const
      return [
        {
          ...{ name: 'expires_at', kind: 'choice', required: true, label: keyFields.expires.label },
          options: order.map((value) => ({ value, text: expiries[value] })),
        },
        { ...{ name: 'until', kind: 'date', required: false }, ...keyFields.until },
      ]
    }

    /** `undefined`: as long as the one before. A day that is named counts more than a span. */
    function expiryIn(form: URLSearchParams, now: number): string | null | undefined {
      const until = form.get('until') ?? ''
      if (until !== '') {
        const end = `${until}T23:59:59Z`
        if (Date.parse(end) > now) return end
        throw invalidInput([{ path: 'until', message: 'must lie in the future' }])
      }
      const span = form.get('expires_at') ?? ''
      if (span === 'never') return null
      return span === 'same' ? undefined : new Date(now + Number(span || 0) * day).toISOString()
    }

    function shownOnce(
      visit: Visit,
      { application }: RegisteredApplication,
      api: string,
      { key }: NewApiKey,
      former?: ApiKey,
    ): Content {
      const { words, lang, now, at } = visit
      const { applications: say } = words
      const ends = former?.expiresAt ?? now
      return {
        title: say.keyMade,
        lead: say.keyMadeFor(application.name, api),
        crumbs: applicationCrumbs(visit, application),
        body: html`${secretOnce('api-key', key, say.key, lang)}
<p>${say.keyHow}</p>${copyable('api-key-header', `X-API-Key: ${key}`, say.keyHow, lang)}
${former && notice('warning', ends <= now ? say.formerOver : html`<p>${say.formerUntil} ${exactly(ends, visit)}</p>`)}
<p>${linkButton(at(`/applications/${application.id}`), say.toApplication, 'primary')}</p>`,
      }
    }

    mount.form(
      { path: '/applications/:id/keys/make', area: 'applications', right: 'edit' },
      {
        async show(visit, entered) {
          const { application } = await registeredOf(visit)
          const { words, csrf, lang, at } = visit
          const { keyFields } = words.applications
          const { items, next } = await apis.list({ limit: offered })
          const known = items.map(({ slug, name }) => ({ value: slug, text: name }))
          const api: Field =
            next === null
              ? { ...{ name: 'api_id', kind: 'choice', required: true, label: keyFields.api_id.label }, options: known }
              : { ...{ name: 'api_id', kind: 'text', required: true }, ...keyFields.api_id, suggestions: known }
          const fields: readonly Field[] = [
            api,
            { ...{ name: 'name', kind: 'text', required: false }, ...keyFields.name },
            ...expiryFields(visit, false),
          ]
          return {
            title: words.applications.makeKeyTitle(application.name),
            lead: words.applications.keysLead,
            crumbs: applicationCrumbs(visit, application),
            body: formView({
              ...{ action: at(`/applications/${application.id}/keys/make`), csrf, lang },
              ...shownValues(fields, { expires_at: '90' }, entered),
              groups: [{ fields }],
              submit: words.applications.makeKey,
              cancel: at(`/applications/${application.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const registered = await registeredOf(visit)
          const api = await apiNamed((form.get('api_id') ?? '').trim(), visit)
          const expiry = expiryIn(form, visit.now)
          const input = parseInput(ApiKeyInput, {
            ...{ api_id: api.id, name: form.get('name') ?? '' },
            ...(expiry !== undefined && { expires_at: expiry }),
          })
          const made = await apiKeys.create(visit.actor, registered.application.id, input)
          return { content: shownOnce(visit, registered, api.name, made) }
        },
      },
    )

    mount.form(
      { path: '/applications/:id/keys/:key/rotate', area: 'applications', right: 'edit' },
      {
        async show(visit, entered) {
          const [{ application }, key] = await Promise.all([registeredOf(visit), keyOf(visit)])
          const { words, csrf, lang, at } = visit
          // Once it has been cut short, nobody knows what it was made for.
          const isWhole = key.version === 1
          const fields = [overlapField(words), ...expiryFields(visit, isWhole)]
          return {
            title: words.applications.rotateKeyTitle(key.prefix),
            lead: words.applications.rotateKeyLead(await apiOf(key, visit)),
            crumbs: applicationCrumbs(visit, application),
            body: formView({
              action: at(`/applications/${application.id}/keys/${key.id}/rotate`),
              ...{ csrf, lang, version: key.version },
              ...shownValues(fields, { overlap_seconds: '86400', expires_at: isWhole ? 'same' : '90' }, entered),
              groups: [{ fields }],
              submit: words.applications.rotateKey,
              cancel: at(`/applications/${application.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const [registered, before] = await Promise.all([registeredOf(visit), keyOf(visit)])
          const { id } = registered.application
          const expiry = expiryIn(form, visit.now)
          const input = parseInput(RotationInput, {
            overlap_seconds: Number(form.get('overlap_seconds') ?? ''),
            ...(expiry !== undefined && { expires_at: expiry }),
          })
          const made = await apiKeys.rotate(visit.actor, id, before.id, input, versionIn(form))
          const former = await apiKeys.get(id, before.id)
          return { content: shownOnce(visit, registered, await apiOf(before, visit), made, former) }
        },
      },
    )

    mount.form(
      { path: '/applications/:id/keys/:key/revoke', area: 'applications', right: 'edit' },
      {
        async show(visit, { problems, message }) {
          const [{ application }, key] = await Promise.all([registeredOf(visit), keyOf(visit)])
          const { words, csrf, lang, at } = visit
          const { applications: say } = words
          const { lastUsedAt } = key
          return {
            title: say.revokeKeyTitle(key.prefix),
            crumbs: applicationCrumbs(visit, application),
            body: confirmView({
              ...{ csrf, lang, version: key.version, problems, message },
              action: at(`/applications/${application.id}/keys/${key.id}/revoke`),
              what: say.revokeKeyWhat(await apiOf(key, visit)),
              affectedTitle: say.affected,
              affected: [
                say.affectedCallers(application.name),
                lastUsedAt === null ? say.affectedNever : html`${say.affectedUse} ${ago(lastUsedAt, visit)}`,
              ],
              submit: say.revokeKey,
              cancel: at(`/applications/${application.id}`),
              name: key.prefix,
            }),
          }
        },

        async submit(visit, form) {
          const [registered, before] = await Promise.all([registeredOf(visit), keyOf(visit)])
          if (form.get(typedName)?.trim() !== before.prefix)
            throw invalidInput([{ path: typedName, message: visit.words.kit.typeName(before.prefix) }])
          const { id } = registered.application
          await apiKeys.revoke(visit.actor, id, before.id, versionIn(form))
          return { to: visit.at(`/applications/${id}`), say: visit.words.applications.revoked(before.prefix) }
        },
      },
    )
  }

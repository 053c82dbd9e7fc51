/** One API, looked at: who may call it, in plain words. And removing it. */
import { apiView } from '#views/console/api.ts'
import { confirmView, typedName } from '#views/console/confirm.ts'
import { inLine } from '#views/console/parts.ts'
import { html } from '#views/html.ts'
import type { Api } from '../../apis/api.ts'
import type { Apis } from '../../apis/apis.ts'
import type { ApiKeyStore } from '../../applications/api-key.ts'
import type { ApplicationStore } from '../../applications/application.ts'
import type { Client, ClientStore } from '../../clients/client.ts'
import { invalidInput } from '../../input.ts'
import type { Portals } from '../../portals/portals.ts'
import type { SourceStore } from '../../sources/source.ts'
import { isForEveryClient } from '../../tokens/accept.ts'
import { versionIn } from '../forms.ts'
import { type HistoryNeeds, historyOf } from '../history.ts'
import type { Mount, Visit } from '../page.ts'
import { apiCrumbs } from './apis.ts'
import { nameOf, pathOf } from './client.ts'

interface Needs extends HistoryNeeds {
  readonly issuer: string
  readonly apis: Pick<Apis, 'get' | 'remove'>
  readonly apiKeys: Pick<ApiKeyStore, 'opening' | 'countByApi'>
  readonly applications: Pick<ApplicationStore, 'some'>
  readonly clients: Pick<ClientStore, 'some' | 'standingFor'>
  readonly sources: Pick<SourceStore, 'some'>
  readonly portals: Pick<Portals, 'list'>
}

const lookedAt = 200

export const apiPage =
  ({ issuer, apis, apiKeys, applications, clients, sources, portals, ...needs }: Needs) =>
  (mount: Mount): void => {
    const apiOf = (visit: Visit) => apis.get(visit.param('id'))

    /** Named by the API, or with a key that is good. */
    async function entitledTo(api: Api, { now, at }: Visit) {
      const [keys, counts] = await Promise.all([
        apiKeys.opening(api.id, { now, limit: lookedAt }),
        apiKeys.countByApi([api.id], now),
      ])
      const byApplication = Map.groupBy(keys, ({ applicationId }) => applicationId)
      const [named, owners] = await Promise.all([
        clients.some(api.clients),
        applications.some([...byApplication.keys()]),
      ])
      const nameOf = new Map(named.map(({ id, metadata }) => [id, metadata.client_name ?? id]))
      const withKeys = owners.map(({ id, name, clientId }) => ({
        ...{ id: clientId, name, href: at(`/applications/${id}`), isNamed: api.clients.includes(clientId) },
        keys: byApplication.get(id)?.length ?? 0,
      }))
      const known = new Set(withKeys.map(({ id }) => id))
      const others = api.clients
        .filter((id) => !known.has(id))
        .map((id) => ({
          ...{ id, name: nameOf.get(id), isNamed: true, keys: 0 },
          href: at(`/clients/${encodeURIComponent(id)}`),
        }))
      return { entitled: [...withKeys, ...others], keys: { shown: keys.length, all: counts.get(api.id) ?? 0 } }
    }

    const linkedBy =
      ({ at }: Visit) =>
      (client: Client) => ({ name: nameOf(client), href: pathOf(client.id, at) })

    mount.page({ path: '/apis/:id', area: 'apis', right: 'view' }, async (visit) => {
      const { lang, now, at, may } = visit
      const api = await apiOf(visit)
      const here = (rest: string) => at(`/apis/${api.id}/${rest}`)
      const [accepted, entitled, changes] = await Promise.all([
        sources.some(api.authenticationSources.map(({ sourceId }) => sourceId)),
        entitledTo(api, visit),
        historyOf(needs, [{ type: 'api', id: api.id }], at),
      ])
      const sourceById = new Map(accepted.map((source) => [source.id, source]))
      const isFound = api.audience !== null || api.hosts.length > 0
      const body = apiView({
        ...{ lang, now, api, changes, ...entitled, isForEveryClient: isForEveryClient(api) },
        metadata: isFound ? `${issuer}/.well-known/oauth-protected-resource/${api.slug}` : undefined,
        sources: api.authenticationSources.map(({ sourceId, roles, sunset }) => {
          const source = sourceById.get(sourceId)
          return {
            ...{ name: source?.name ?? sourceId, enabled: source?.enabled ?? false, roles, sunset },
            href: at(`/sources/${sourceId}`),
          }
        }),
        ways: { edit: here('edit'), access: here('access'), recipes: here('recipes'), remove: here('remove') },
        mayEdit: may('edit'),
      })
      return { title: api.name, crumbs: apiCrumbs(visit), body }
    })

    mount.form(
      { path: '/apis/:id/remove', area: 'apis', right: 'edit' },
      {
        async show(visit, { problems, message }) {
          const api = await apiOf(visit)
          const { csrf, lang, at, words } = visit
          const { apis: say } = words
          const [{ entitled, keys }, { items }, standing] = await Promise.all([
            entitledTo(api, visit),
            portals.list({ limit: lookedAt }),
            clients.standingFor(api.id, lookedAt),
          ])
          const offering = items.filter((portal) => portal.apis.includes(api.id))
          const isUsed = keys.all > 0 || offering.length > 0 || standing.length > 0
          const affected = [
            ...(isForEveryClient(api) ? [say.everyClient] : []),
            ...(entitled.length > 0 ? [say.affectedClients(entitled.length)] : []),
            ...(keys.all > 0 ? [say.affectedKeys(keys.all)] : []),
            ...offering.map(({ name }) => say.affectedPortal(name)),
            ...(standing.length > 0
              ? [html`${say.affectedStanding(standing.length)} ${inLine(standing.map(linkedBy(visit)))}`]
              : []),
          ]
          return {
            title: say.removeTitle(api.name),
            crumbs: apiCrumbs(visit, api),
            body: confirmView({
              ...{ csrf, lang, version: api.version, problems, message },
              action: at(`/apis/${api.id}/remove`),
              what: isUsed ? say.cannotRemove : say.removeWhat,
              affectedTitle: say.affected,
              affected: affected.length > 0 ? affected : [say.affectedNobody],
              submit: isUsed ? undefined : say.remove,
              cancel: at(`/apis/${api.id}`),
              name: api.slug,
            }),
          }
        },

        async submit(visit, form) {
          const before = await apiOf(visit)
          if (form.get(typedName)?.trim() !== before.slug)
            throw invalidInput([{ path: typedName, message: visit.words.kit.typeName(before.slug) }])
          await apis.remove(visit.actor, before.id, versionIn(form))
          return { to: visit.at('/apis'), say: visit.words.apis.removed(before.name) }
        },
      },
    )
  }

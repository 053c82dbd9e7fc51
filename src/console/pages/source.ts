/** One authentication source, looked at: its page, its connection check, and switching it on. */
import { checkVerdict } from '#views/console/check-verdict.ts'
import { sourceView } from '#views/console/source.ts'
import { html } from '#views/html.ts'
import type { AccountStore } from '../../accounts/account.ts'
import type { AuditStore } from '../../audit/audit.ts'
import type { ClientStore } from '../../clients/client.ts'
import { type ConnectorType, isPresented, type SourceType } from '../../connector.ts'
import { rightToSource } from '../../roles/changes.ts'
import type { Source } from '../../sources/source.ts'
import { sourceInput } from '../../sources/source-input.ts'
import type { Sources } from '../../sources/sources.ts'
import { valuesOf } from '../forms.ts'
import { historyOf } from '../history.ts'
import type { Content, Mount, Visit } from '../page.ts'
import { configFields } from './source-fields.ts'
import { lightOf } from './sources.ts'

export interface SourceNeeds {
  readonly sources: Sources
  readonly clients: Pick<ClientStore, 'allowing'>
  readonly accounts: Pick<AccountStore, 'some'>
  readonly audit: Pick<AuditStore, 'list'>
  readonly connectors: ReadonlyMap<SourceType, ConnectorType>
  readonly issuer: string
}

export const sourceCrumbs = ({ words, at }: Visit, source?: Pick<Source, 'id' | 'name'>) => [
  { text: words.sources.title, href: at('/sources') },
  ...(source ? [{ text: source.name, href: at(`/sources/${source.id}`) }] : []),
]

/** What is registered over there, for a source that people are sent to. */
export function ourAddresses(issuer: string, alias: string) {
  const url = (path: string) => `${issuer}/broker/${encodeURIComponent(alias)}/${path}`
  return [
    { id: 'callback', url: url('callback') },
    { id: 'postLogout', url: url('logged-out') },
    { id: 'backchannel', url: url('backchannel-logout') },
  ] as const
}

export const sourcePage =
  ({ sources, clients, accounts, audit, connectors, issuer }: SourceNeeds) =>
  (mount: Mount): void => {
    async function content(visit: Visit, above = html``): Promise<Content> {
      const { lang, now, csrf, at, may } = visit
      const source = await sources.get(visit.param('id'))
      const { id, mapping } = source
      const [usage, status, named, changes] = await Promise.all([
        sources.usage([id]),
        sources.status([id]),
        clients.allowing(id),
        historyOf({ audit, accounts }, [{ type: 'source', id }], at),
      ])
      const { apis = [], portals = [] } = usage.get(id) ?? {}
      const isRedirect = sources.kindOf(source.type) === 'redirect'
      const here = (rest: string) => at(`/sources/${id}/${rest}`)
      const body = sourceView({
        ...{ lang, now, csrf },
        source: { ...source, ...lightOf(source, status.get(id), sources.expiries(source), lang) },
        ...settingsOf(visit, source),
        addresses: isRedirect ? ourAddresses(issuer, source.alias) : [],
        mapping: {
          ...mapping.groups,
          roles: mapping.roles.length,
          attributes: Object.keys(mapping.attributes).length,
        },
        users: [
          ...apis.map((api) => ({ kind: 'api' as const, name: api.name, href: at(`/apis/${api.id}`) })),
          ...portals.map((portal) => ({
            kind: 'portal' as const,
            name: portal.name,
            href: at(`/portals/${portal.id}`),
          })),
          ...named.map((client) => ({
            kind: 'client' as const,
            name: client.metadata.client_name ?? client.id,
            href: at(`/clients/${encodeURIComponent(client.id)}`),
          })),
        ],
        changes,
        ways: {
          traces: at('/traces', { source: source.alias }),
          ...{ edit: here('edit'), mapping: here('mapping'), check: here('check') },
          ...{ enable: here('enable'), disable: here('disable'), remove: here('remove') },
          testLogin: isPresented(source) ? undefined : here('test-login'),
        },
        may: { edit: may('edit'), administer: may('administer') },
      })
      return { title: source.name, crumbs: sourceCrumbs(visit), body: html`${above}${body}` }
    }

    function settingsOf({ words }: Visit, { type, config, secretNames }: Source) {
      const connector = connectors.get(type)
      if (!connector) return { settings: [], secrets: [] }
      const { main, further } = configFields(words, connector, secretNames)
      const fields = [...main, ...further]
      const shown = fields.filter(({ kind }) => kind !== 'secret')
      const values = valuesOf(shown, { config })
      const { kit } = words
      return {
        settings: shown.flatMap(({ name, label, kind }) => {
          const value = values[name] ?? ''
          if (kind === 'check') return [{ label, value: value === 'on' ? kit.yes : kit.no }]
          return value === '' ? [] : [{ label, value: value.replaceAll('\n', ' ') }]
        }),
        secrets: fields.flatMap(({ kind, kept, label }) => (kind === 'secret' && kept ? [label] : [])),
      }
    }

    mount.page({ path: '/sources/:id', area: 'sources', right: 'view' }, content)

    mount.action({ path: '/sources/:id/check', area: 'sources', right: 'edit' }, async (visit) => {
      const { id, type } = await sources.get(visit.param('id'))
      const result = await sources.test({ id, type, config: sourceInput(await sources.get(id)).config })
      return { content: await content(visit, checkVerdict(result, visit.lang)) }
    })

    mount.action({ path: '/sources/:id/enable', area: 'sources', right: 'edit' }, async (visit) => {
      const before = await sources.get(visit.param('id'))
      const input = { ...sourceInput(before), enabled: true }
      visit.require(rightToSource(sourceInput(before), input))
      await sources.replace(visit.actor, before.id, input, before.version)
      return { to: visit.at(`/sources/${before.id}`), say: visit.words.sources.enabled(before.name) }
    })
  }

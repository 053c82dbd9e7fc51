/** One client, looked at: its page, switching it on, and another secret. */
import { clientView, secretView } from '#views/console/client.ts'
import { formView } from '#views/console/form.ts'
import { linkButton, notice } from '#views/console/parts.ts'
import { html } from '#views/html.ts'
import type { ApiStore } from '../../apis/api.ts'
import type { ApplicationStore } from '../../applications/application.ts'
import type { Client } from '../../clients/client.ts'
import { ClientInput, clientInput } from '../../clients/client-input.ts'
import type { Clients } from '../../clients/clients.ts'
import { consoleClientId } from '../../clients/console-client.ts'
import { kindOf } from '../../clients/kinds.ts'
import { lastUses, type SecretUseStore } from '../../clients/secret-uses.ts'
import { Refusal } from '../../errors.ts'
import { parseInput } from '../../input.ts'
import { rightToClient } from '../../roles/changes.ts'
import type { SourceStore } from '../../sources/source.ts'
import { versionIn } from '../forms.ts'
import { type HistoryNeeds, historyOf } from '../history.ts'
import type { Content, Mount, Visit } from '../page.ts'

export interface ClientNeeds extends HistoryNeeds {
  readonly clients: Clients
  readonly secretUses: Pick<SecretUseStore, 'of'>
  readonly sourceStore: Pick<SourceStore, 'some'>
  readonly apiStore: Pick<ApiStore, 'entitling' | 'some'>
  readonly applicationStore: Pick<ApplicationStore, 'byClient'>
  readonly issuer: string
  /** Of the client that the configuration makes. */
  readonly bootstrapClient: string | undefined
}

export const clientCrumbs = ({ words, at }: Visit, client?: Client) => [
  { text: words.clients.title, href: at('/clients') },
  ...(client ? [{ text: nameOf(client), href: pathOf(client.id, at) }] : []),
]

export const nameOf = ({ id, metadata }: Client): string => metadata.client_name ?? id

export const pathOf = (id: string, at: Visit['at'], rest = ''): string =>
  at(`/clients/${encodeURIComponent(id)}${rest}`)

export const builtInAs = (id: string, bootstrapClient: string | undefined): 'console' | 'bootstrap' | undefined => {
  if (id === consoleClientId) return 'console'
  return id === bootstrapClient ? 'bootstrap' : undefined
}

/** The page of a client, with a line above it. */
export const createClientContent =
  ({ secretUses, sourceStore, apiStore, applicationStore, issuer, bootstrapClient, ...needs }: ClientNeeds) =>
  async (visit: Visit, client: Client, above = html``): Promise<Content> => {
    const { lang, now, csrf, at, may } = visit
    const { id, allowedSources, resourceServer } = client
    const standsFor = resourceServer && resourceServer.apis !== '*' ? resourceServer.apis : []
    const [uses, sources, entitled, seen, application, changes] = await Promise.all([
      secretUses.of([id]),
      sourceStore.some(allowedSources ?? []),
      apiStore.entitling(id),
      apiStore.some(standsFor),
      applicationStore.byClient(id),
      historyOf(needs, [{ type: 'client', id }], at),
    ])
    const usedAt = lastUses(uses)
    const mayChange = may(rightToClient(client.metadata, undefined))
    const body = clientView({
      ...{ lang, now, csrf, issuer, client, kind: kindOf(client), changes },
      builtIn: builtInAs(id, bootstrapClient),
      sources: allowedSources && sources.map((one) => ({ name: one.name, href: at(`/sources/${one.id}`) })),
      standsFor:
        resourceServer?.apis === '*' ? '*' : seen.map((api) => ({ name: api.name, href: at(`/apis/${api.id}`) })),
      entitled: entitled.map((api) => ({ name: api.name, href: at(`/apis/${api.id}`) })),
      application: application && { name: application.name, href: at(`/applications/${application.id}`) },
      secrets: client.secrets
        .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
        .map((secret) => ({ ...secret, usedAt: usedAt(id, secret) })),
      ways: {
        ...{ edit: pathOf(id, at, '/edit'), enable: pathOf(id, at, '/enable'), disable: pathOf(id, at, '/disable') },
        ...{ remove: pathOf(id, at, '/remove'), secret: pathOf(id, at, '/secret') },
        sessions: at('/sessions', { client: id }),
      },
      mayChange,
    })
    const { areas } = visit.words.frame
    const happened = linkButton(at('/traces', { client: id }), areas.traces)
    const would = linkButton(at('/playground', { client: id }), areas.playground)
    const actions = html`${happened}${would}`
    return { title: nameOf(client), crumbs: clientCrumbs(visit), actions, body: html`${above}${body}` }
  }

const overlaps = ['0', '3600', '86400', '604800', '2592000'] as const

export const clientPage = (needs: ClientNeeds) => {
  const { clients, bootstrapClient } = needs
  const content = createClientContent(needs)
  return (mount: Mount): void => {
    const clientOf = (visit: Visit) => clients.get(visit.param('id'))

    mount.page({ path: '/clients/:id', area: 'clients', right: 'view' }, async (visit) =>
      content(visit, await clientOf(visit)),
    )

    mount.action({ path: '/clients/:id/enable', area: 'clients', right: 'edit' }, async (visit) => {
      const before = await clientOf(visit)
      visit.require(rightToClient(before.metadata, undefined))
      const input = parseInput(ClientInput, { ...clientInput(before), enabled: true })
      await clients.replace(visit.actor, before.id, input, before.version)
      return { to: pathOf(before.id, visit.at), say: visit.words.clients.enabled(nameOf(before)) }
    })

    mount.form(
      { path: '/clients/:id/secret', area: 'clients', right: 'edit' },
      {
        async show(visit, { form, problems, message }) {
          const client = await clientOf(visit)
          const { words, at, csrf, lang } = visit
          const { clients: own } = words
          const keptElsewhere = builtInAs(client.id, bootstrapClient) === 'bootstrap'
          return {
            title: own.rotateTitle(nameOf(client)),
            lead: own.rotateLead,
            crumbs: clientCrumbs(visit, client),
            body: keptElsewhere
              ? notice('warning', own.builtIn.noRotate)
              : formView({
                  ...{ action: pathOf(client.id, at, '/secret'), csrf, lang, version: client.version },
                  groups: [
                    {
                      fields: [
                        {
                          ...{ name: 'overlap', kind: 'choice', required: true },
                          ...{ label: own.overlap, help: own.overlapHelp },
                          options: overlaps.map((value) => ({ value, text: own.overlaps[value] })),
                        },
                      ],
                    },
                  ],
                  values: { overlap: form?.get('overlap') ?? '86400' },
                  ...{ problems, message },
                  submit: own.rotate,
                  cancel: pathOf(client.id, at),
                }),
          }
        },

        async submit(visit, form) {
          const before = await clientOf(visit)
          const { words, at, lang } = visit
          visit.require(rightToClient(before.metadata, undefined))
          if (builtInAs(before.id, bootstrapClient) === 'bootstrap')
            throw new Refusal('conflict', words.clients.builtIn.noRotate)
          const overlap = overlaps.find((one) => one === form.get('overlap')) ?? '0'
          const after = await clients.rotateSecret(visit.actor, before.id, Number(overlap), versionIn(form))
          return {
            content: {
              title: words.clients.rotated(nameOf(after)),
              crumbs: clientCrumbs(visit, after),
              body: html`${secretView(after, lang)}<p>${linkButton(pathOf(after.id, at), words.clients.secretGoOn)}</p>`,
            },
          }
        },
      },
    )
  }
}

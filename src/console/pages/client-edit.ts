/** Making a client, by what it is, and changing one. */
import { kindsView, secretView } from '#views/console/client.ts'
import { formView } from '#views/console/form.ts'
import { html } from '#views/html.ts'
import type { ApiStore } from '../../apis/api.ts'
import type { Client } from '../../clients/client.ts'
import { ClientInput, clientInput } from '../../clients/client-input.ts'
import { consoleClientId } from '../../clients/console-client.ts'
import { type ClientKind, clientKinds, kindOf } from '../../clients/kinds.ts'
import { invalidInput, parseInput } from '../../input.ts'
import { rightToClient } from '../../roles/changes.ts'
import type { SourceStore } from '../../sources/source.ts'
import { shownValues, versionIn } from '../forms.ts'
import { ownSource } from '../own-source.ts'
import type { Entered, Mount, Visit } from '../page.ts'
import { type ClientNeeds, clientCrumbs, createClientContent, nameOf, pathOf } from './client.ts'
import { beginning, choicesFrom, clientFields, clientFrom, clientLists, presets, shownClient } from './client-fields.ts'

interface Needs extends ClientNeeds {
  readonly sourceStore: Pick<SourceStore, 'some' | 'list' | 'byAlias'>
  readonly apiStore: Pick<ApiStore, 'entitling' | 'some' | 'list'>
}

export const clientEditPages = (needs: Needs) => {
  const { clients, sourceStore, apiStore, applicationStore } = needs
  const content = createClientContent(needs)

  async function fieldsFor(visit: Visit, client?: Client, kind = client && kindOf(client)) {
    const [choices, application] = await Promise.all([
      choicesFrom(sourceStore, apiStore),
      client && applicationStore.byClient(client.id),
    ])
    return clientFields(visit.words, choices, {
      ...{ client, belongsToApplication: application !== undefined, onlySources: client?.id === consoleClientId },
      signsIn: kind !== 'machine' && kind !== 'resource_server',
    })
  }

  const kindIn = (visit: Visit, form: URLSearchParams | undefined): ClientKind | undefined => {
    const given = form?.get('kind') ?? visit.query.get('kind')
    return clientKinds.find((kind) => kind === given)
  }

  async function requireOwnSourceIn(visit: Visit, { allowed_sources: names }: ClientInput): Promise<void> {
    if (names === null) return
    const own = await ownSource(visit, sourceStore)
    if (own && (names.includes(own.id) || names.includes(own.alias))) return
    const message = `${visit.words.clients.builtIn.ownSource}: ${own?.name ?? ''}`
    throw invalidInput([{ path: 'allowed_sources', message }])
  }

  async function add(visit: Visit, kind: ClientKind, entered: Entered) {
    const { words, csrf, lang, at } = visit
    const { clients: own } = words
    const { groups, fields } = await fieldsFor(visit, undefined, kind)
    return {
      title: own.addTitle(own.kinds[kind].name),
      lead: own.kinds[kind].what,
      crumbs: [...clientCrumbs(visit), { text: own.add, href: at('/add-client') }],
      body: formView({
        ...{ action: at('/add-client'), csrf, lang, hidden: { kind } },
        ...shownValues(fields, shownClient({ ...beginning, ...presets[kind] }), entered),
        groups,
        submit: own.add,
        cancel: at('/clients'),
      }),
    }
  }

  return (mount: Mount): void => {
    mount.form(
      { path: '/add-client', area: 'clients', right: 'edit', lists: clientLists },
      {
        async show(visit, entered) {
          const kind = kindIn(visit, entered.form)
          if (kind) return add(visit, kind, entered)
          const { clients: own } = visit.words
          const kinds = clientKinds.map((one) => ({ kind: one, href: visit.at('/add-client', { kind: one }) }))
          return { title: own.add, lead: own.choose, crumbs: clientCrumbs(visit), body: kindsView(kinds, visit.lang) }
        },

        async submit(visit, form) {
          const { words, lang, actor } = visit
          const { fields } = await fieldsFor(visit)
          const input = parseInput(ClientInput, clientFrom(words, fields, form, undefined))
          visit.require(rightToClient(undefined, input))
          const client = await clients.create(actor, input)
          const say = words.clients.added(nameOf(client))
          if (client.newSecret === undefined) return { to: pathOf(client.id, visit.at), say }
          const shown = await content(visit, client, html`${secretView(client, lang)}`)
          return { content: { ...shown, lead: say } }
        },
      },
    )

    mount.form(
      { path: '/clients/:id/edit', area: 'clients', right: 'edit', lists: clientLists },
      {
        async show(visit, entered) {
          const client = await clients.get(visit.param('id'))
          const { words, csrf, lang, at } = visit
          const { groups, fields } = await fieldsFor(visit, client)
          return {
            title: words.clients.editTitle(nameOf(client)),
            ...(client.id === consoleClientId && { lead: words.clients.builtIn.console }),
            crumbs: clientCrumbs(visit, client),
            body: formView({
              ...{ action: pathOf(client.id, at, '/edit'), csrf, lang, version: client.version },
              ...shownValues(fields, shownClient(clientInput(client)), entered),
              groups,
              submit: words.kit.save,
              cancel: pathOf(client.id, at),
            }),
          }
        },

        async submit(visit, form) {
          const before = await clients.get(visit.param('id'))
          const { fields } = await fieldsFor(visit, before)
          const input = parseInput(ClientInput, clientFrom(visit.words, fields, form, before))
          visit.require(rightToClient(before.metadata, input))
          if (before.id === consoleClientId) {
            visit.require('administer')
            await requireOwnSourceIn(visit, input)
          }
          const after = await clients.replace(visit.actor, before.id, input, versionIn(form))
          if (after.newSecret !== undefined) {
            const shown = await content(visit, after, html`${secretView(after, visit.lang)}`)
            return { content: { ...shown, lead: visit.words.clients.saved(nameOf(after)) } }
          }
          return { to: pathOf(after.id, visit.at), say: visit.words.clients.saved(nameOf(after)) }
        },
      },
    )
  }
}

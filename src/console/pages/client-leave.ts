/** Switching a client off, and removing it: who is affected comes first. */
import { confirmView, typedName } from '#views/console/confirm.ts'
import { inLine } from '#views/console/parts.ts'
import { html } from '#views/html.ts'
import type { Client } from '../../clients/client.ts'
import { ClientInput, clientInput } from '../../clients/client-input.ts'
import { Refusal } from '../../errors.ts'
import { invalidInput, parseInput } from '../../input.ts'
import { rightToClient } from '../../roles/changes.ts'
import type { Sessions } from '../../sessions/sessions.ts'
import { versionIn } from '../forms.ts'
import type { Entered, Mount, Visit } from '../page.ts'
import { builtInAs, type ClientNeeds, clientCrumbs, nameOf, pathOf } from './client.ts'

interface Needs extends ClientNeeds {
  readonly sessions: Pick<Sessions, 'ofClient'>
}

const counted = 200

export const clientLeavePages = ({ clients, apiStore, applicationStore, sessions, bootstrapClient }: Needs) => {
  const clientOf = (visit: Visit) => clients.get(visit.param('id'))

  async function affected({ words, at }: Visit, { id }: Client) {
    const [open, apis] = await Promise.all([sessions.ofClient({ limit: counted }, id), apiStore.entitling(id)])
    const { affectedSessions, affectedApis, affectedNoApis } = words.clients
    const names = inLine(apis.map(({ id, name }) => ({ name, href: at(`/apis/${id}`) })))
    return [
      affectedSessions(open.items.length, open.next !== null),
      apis.length === 0 ? affectedNoApis : html`${affectedApis(apis.length)} ${names}`,
    ]
  }

  /** Who has it stay, if anybody does. */
  async function keptBy({ words, at }: Visit, { id }: Client) {
    const application = await applicationStore.byClient(id)
    if (application) {
      const owner = { name: application.name, href: at(`/applications/${application.id}`) }
      return { what: words.clients.removeBlocked, by: [inLine([owner])] }
    }
    const apis = await apiStore.entitling(id)
    if (apis.length === 0) return undefined
    const by = apis.map((api) => inLine([{ name: api.name, href: at(`/apis/${api.id}`) }]))
    return { what: words.clients.removeNamed, by }
  }

  const common = (visit: Visit, client: Client, { problems, message }: Entered) => ({
    ...{ csrf: visit.csrf, lang: visit.lang, version: client.version, problems, message },
    affectedTitle: visit.words.clients.affected,
    cancel: pathOf(client.id, visit.at),
  })

  return (mount: Mount): void => {
    mount.form(
      { path: '/clients/:id/disable', area: 'clients', right: 'edit' },
      {
        async show(visit, entered) {
          const client = await clientOf(visit)
          const { clients: own } = visit.words
          const isOurs = builtInAs(client.id, bootstrapClient) === 'console'
          return {
            title: own.disableTitle(nameOf(client)),
            crumbs: clientCrumbs(visit, client),
            body: confirmView({
              ...common(visit, client, entered),
              action: pathOf(client.id, visit.at, '/disable'),
              what: isOurs ? own.builtIn.noSwitch : own.disableWhat,
              affected: isOurs ? [] : await affected(visit, client),
              submit: isOurs ? undefined : own.disable,
            }),
          }
        },

        async submit(visit, form) {
          const before = await clientOf(visit)
          visit.require(rightToClient(before.metadata, undefined))
          if (builtInAs(before.id, bootstrapClient) === 'console')
            throw new Refusal('in_use', visit.words.clients.builtIn.noSwitch)
          const input = parseInput(ClientInput, { ...clientInput(before), enabled: false })
          await clients.replace(visit.actor, before.id, input, versionIn(form))
          return { to: pathOf(before.id, visit.at), say: visit.words.clients.disabled(nameOf(before)) }
        },
      },
    )

    mount.form(
      { path: '/clients/:id/remove', area: 'clients', right: 'edit' },
      {
        async show(visit, entered) {
          const client = await clientOf(visit)
          const { clients: own, kit } = visit.words
          const isBuiltIn = builtInAs(client.id, bootstrapClient) !== undefined
          const kept = isBuiltIn ? { what: own.builtIn.noRemove, by: [] } : await keptBy(visit, client)
          return {
            title: own.removeTitle(nameOf(client)),
            crumbs: clientCrumbs(visit, client),
            body: confirmView({
              ...common(visit, client, kept ? { ...entered, problems: [] } : entered),
              action: pathOf(client.id, visit.at, '/remove'),
              what: kept ? kept.what : own.removeWhat,
              affectedTitle: kept ? own.usage : own.affected,
              affected: kept ? kept.by : await affected(visit, client),
              submit: kept ? undefined : kit.remove,
              name: client.id,
            }),
          }
        },

        async submit(visit, form) {
          const before = await clientOf(visit)
          visit.require(rightToClient(before.metadata, undefined))
          if (builtInAs(before.id, bootstrapClient) !== undefined)
            throw new Refusal('in_use', visit.words.clients.builtIn.noRemove)
          if (form.get(typedName)?.trim() !== before.id)
            throw invalidInput([{ path: typedName, message: visit.words.kit.typeName(before.id) }])
          await clients.remove(visit.actor, before.id, versionIn(form))
          return { to: visit.at('/clients'), say: visit.words.clients.removed(nameOf(before)) }
        },
      },
    )
  }
}

/** Switching an authentication source off, and removing it: who is affected comes first. */
import { confirmView, typedName } from '#views/console/confirm.ts'
import { html } from '#views/html.ts'
import type { ClientStore } from '../../clients/client.ts'
import { invalidInput } from '../../input.ts'
import { rightToSource } from '../../roles/changes.ts'
import type { Sessions } from '../../sessions/sessions.ts'
import type { Source } from '../../sources/source.ts'
import { sourceInput } from '../../sources/source-input.ts'
import type { Sources } from '../../sources/sources.ts'
import { versionIn } from '../forms.ts'
import { isOwnSource } from '../own-source.ts'
import type { Entered, Mount, Visit } from '../page.ts'
import { sourceCrumbs } from './source.ts'

interface Needs {
  readonly sources: Sources
  readonly clients: Pick<ClientStore, 'allowing'>
  readonly sessions: Pick<Sessions, 'list'>
}

const counted = 200

function requireOther(visit: Visit, source: Source, path: string): void {
  if (isOwnSource(visit, source)) throw invalidInput([{ path, message: visit.words.sources.ownSource(source.name) }])
}

export const sourceLeavePages =
  ({ sources, clients, sessions }: Needs) =>
  (mount: Mount): void => {
    const sourceOf = (visit: Visit) => sources.get(visit.param('id'))

    async function affected({ words }: Visit, { id, domains }: Source) {
      const [open, naming] = await Promise.all([sessions.list({ sourceId: id, limit: counted }), clients.allowing(id)])
      const say = words.sources
      return [
        say.affectedSessions(open.items.length, open.next !== null),
        ...(naming.length > 0 ? [say.affectedClients(naming.length)] : []),
        ...(domains.length > 0 ? [say.affectedDomains(domains.join(', '))] : []),
      ]
    }

    const common = (visit: Visit, source: Source, { problems, message }: Entered) => ({
      ...{ csrf: visit.csrf, lang: visit.lang, version: source.version, problems, message },
      affectedTitle: visit.words.sources.affected,
      cancel: visit.at(`/sources/${source.id}`),
    })

    mount.form(
      { path: '/sources/:id/disable', area: 'sources', right: 'edit' },
      {
        async show(visit, entered) {
          const source = await sourceOf(visit)
          const { sources: words } = visit.words
          return {
            title: words.disableTitle(source.name),
            crumbs: sourceCrumbs(visit, source),
            body: confirmView({
              ...common(visit, source, entered),
              action: visit.at(`/sources/${source.id}/disable`),
              what: words.disableWhat,
              affected: await affected(visit, source),
              submit: words.disable,
            }),
          }
        },

        async submit(visit, form) {
          const before = await sourceOf(visit)
          const input = { ...sourceInput(before), enabled: false }
          visit.require(rightToSource(sourceInput(before), input))
          requireOther(visit, before, '')
          await sources.replace(visit.actor, before.id, input, versionIn(form))
          return { to: visit.at(`/sources/${before.id}`), say: visit.words.sources.disabled(before.name) }
        },
      },
    )

    mount.form(
      { path: '/sources/:id/remove', area: 'sources', right: 'edit' },
      {
        async show(visit, entered) {
          const source = await sourceOf(visit)
          const { sources: words, kit } = visit.words
          const usage = (await sources.usage([source.id])).get(source.id)
          const users = [...(usage?.apis ?? []), ...(usage?.portals ?? [])]
          const isUsed = users.length > 0
          return {
            title: words.removeTitle(source.name),
            crumbs: sourceCrumbs(visit, source),
            body: confirmView({
              ...common(visit, source, isUsed ? { ...entered, problems: [], message: undefined } : entered),
              action: visit.at(`/sources/${source.id}/remove`),
              what: isUsed ? words.cannotRemove : words.removeWhat,
              affectedTitle: isUsed ? words.usage : words.affected,
              affected: isUsed ? users.map(({ name }) => html`<bdi>${name}</bdi>`) : await affected(visit, source),
              submit: isUsed ? undefined : kit.remove,
              name: source.alias,
            }),
          }
        },

        async submit(visit, form) {
          const before = await sourceOf(visit)
          visit.require(rightToSource(sourceInput(before), undefined))
          requireOther(visit, before, typedName)
          if (form.get(typedName)?.trim() !== before.alias)
            throw invalidInput([{ path: typedName, message: visit.words.kit.typeName(before.alias) }])
          await sources.remove(visit.actor, before.id, versionIn(form))
          return { to: visit.at('/sources'), say: visit.words.sources.removed(before.name) }
        },
      },
    )
  }

/** Switching an application off, for either side, and removing it: who is affected comes first. */
import { confirmView, typedName } from '#views/console/confirm.ts'
import { inLine } from '#views/console/parts.ts'
import type { ApiStore } from '../../apis/api.ts'
import type { ApiKeys } from '../../applications/api-keys.ts'
import {
  type ApplicationInput,
  applicationInput,
  type RegisteredApplication,
} from '../../applications/application-input.ts'
import type { Applications } from '../../applications/applications.ts'
import { Refusal } from '../../errors.ts'
import { invalidInput } from '../../input.ts'
import { versionIn } from '../forms.ts'
import type { Entered, Mount, Visit } from '../page.ts'
import { applicationCrumbs, rightToApplication } from './applications.ts'

interface Needs {
  readonly applications: Applications
  readonly apiKeys: Pick<ApiKeys, 'list'>
  readonly apis: Pick<ApiStore, 'entitling' | 'some'>
}

type Side = 'publisher' | 'consumer'
const counted = 200

export const applicationLeavePages =
  ({ applications, apiKeys, apis }: Needs) =>
  (mount: Mount): void => {
    const registeredOf = (visit: Visit) => applications.get(visit.param('id'))

    function sideOf(visit: Visit): Side {
      const side = visit.param('side')
      if (side === 'publisher' || side === 'consumer') return side
      throw new Refusal('not_found', `There is no side ${side}`)
    }

    async function affected({ words, now }: Visit, { application, client }: RegisteredApplication) {
      const { applications: say } = words
      const { items } = await apiKeys.list(application.id, { limit: counted })
      const good = items.filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
      const opened = await apis.some([...new Set(good.map(({ apiId }) => apiId))])
      const signsIn = client.metadata.grant_types?.includes('authorization_code')
      return [
        say.affectedKeys(good.length, opened.length),
        ...(opened.length > 0 ? [say.affectedApis(opened.map(({ name }) => name).join(', '))] : []),
        signsIn ? say.affectedPeople : say.affectedMachine,
      ]
    }

    const common = (visit: Visit, { application }: RegisteredApplication, { problems, message }: Entered) => ({
      ...{ csrf: visit.csrf, lang: visit.lang, version: application.version, problems, message },
      affectedTitle: visit.words.applications.affected,
      cancel: visit.at(`/applications/${application.id}`),
    })

    function turned(registered: RegisteredApplication, side: Side, off: boolean): ApplicationInput {
      return { ...applicationInput(registered), [`disabled_by_${side}`]: off }
    }

    mount.form(
      { path: '/applications/:id/disable/:side', area: 'applications', right: 'edit' },
      {
        async show(visit, entered) {
          const registered = await registeredOf(visit)
          const side = sideOf(visit)
          const { application } = registered
          const { applications: say } = visit.words
          return {
            title: say.disableTitle(application.name),
            crumbs: applicationCrumbs(visit, application),
            body: confirmView({
              ...common(visit, registered, entered),
              action: visit.at(`/applications/${application.id}/disable/${side}`),
              what: say.disableWhat,
              affected: await affected(visit, registered),
              submit: say.sides[side].disable,
            }),
          }
        },

        async submit(visit, form) {
          const before = await registeredOf(visit)
          visit.require(rightToApplication(before))
          const { id, name } = before.application
          await applications.replace(visit.actor, id, turned(before, sideOf(visit), true), versionIn(form))
          return { to: visit.at(`/applications/${id}`), say: visit.words.applications.disabled(name) }
        },
      },
    )

    mount.action({ path: '/applications/:id/enable/:side', area: 'applications', right: 'edit' }, async (visit) => {
      const before = await registeredOf(visit)
      visit.require(rightToApplication(before))
      const { id, name, version } = before.application
      const { application } = await applications.replace(visit.actor, id, turned(before, sideOf(visit), false), version)
      const { enabled, stillOff } = visit.words.applications
      const isOff = application.disabledByPublisher || application.disabledByConsumer
      return { to: visit.at(`/applications/${id}`), say: isOff ? stillOff(name) : enabled(name) }
    })

    mount.form(
      { path: '/applications/:id/remove', area: 'applications', right: 'edit' },
      {
        async show(visit, entered) {
          const registered = await registeredOf(visit)
          const { application, client } = registered
          const { applications: say } = visit.words
          const namedBy = await apis.entitling(client.id)
          const stays = namedBy.length > 0
          const users = namedBy.map(({ id, name }) => inLine([{ name, href: visit.at(`/apis/${id}`) }]))
          return {
            title: say.removeTitle(application.name),
            crumbs: applicationCrumbs(visit, application),
            body: confirmView({
              ...common(visit, registered, stays ? { ...entered, problems: [] } : entered),
              action: visit.at(`/applications/${application.id}/remove`),
              what: stays ? say.removeNamed : say.removeWhat,
              affectedTitle: stays ? say.usage : say.affected,
              affected: stays ? users : await affected(visit, registered),
              submit: stays ? undefined : say.remove,
              name: application.name,
            }),
          }
        },

        async submit(visit, form) {
          const before = await registeredOf(visit)
          visit.require(rightToApplication(before))
          const { id, name } = before.application
          if (form.get(typedName)?.trim() !== name)
            throw invalidInput([{ path: typedName, message: visit.words.kit.typeName(name) }])
          await applications.remove(visit.actor, id, versionIn(form))
          return { to: visit.at('/applications'), say: visit.words.applications.removed(name) }
        },
      },
    )
  }

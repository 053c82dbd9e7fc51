/** Adding an API, and changing it. */
import { formView } from '#views/console/form.ts'
import { notice } from '#views/console/parts.ts'
import type { Api } from '../../apis/api.ts'
import { ApiInput } from '../../apis/api-input.ts'
import type { Apis } from '../../apis/apis.ts'
import { Refusal } from '../../errors.ts'
import { invalidInput, parseInput } from '../../input.ts'
import type { SourceStore } from '../../sources/source.ts'
import { shownValues, versionIn } from '../forms.ts'
import type { Content, Entered, Mount, Visit } from '../page.ts'
import { apiFields, apiGroups, apiSaid, apiStored, newApi } from './api-fields.ts'
import { apiCrumbs } from './apis.ts'

interface Needs {
  readonly apis: Pick<Apis, 'get' | 'create' | 'replace'>
  readonly sources: Pick<SourceStore, 'list' | 'some'>
}

/** So many sources can still be chosen from. */
const mostOptions = 100

export const apiEditPages =
  ({ apis, sources }: Needs) =>
  (mount: Mount): void => {
    async function material({ words }: Visit, api: Api | undefined) {
      const [{ items, next }, own] = await Promise.all([
        sources.list({ limit: mostOptions }),
        sources.some(api?.authenticationSources.map(({ sourceId }) => sourceId) ?? []),
      ])
      const fields = apiFields(words, next === null ? items : undefined)
      return { fields, stored: api ? apiStored(api, own) : newApi, sources: [...items, ...own] }
    }

    async function form_(visit: Visit, entered: Entered, api?: Api): Promise<Content> {
      const { words, csrf, lang, at } = visit
      const { fields, stored } = await material(visit, api)
      const { apis: say, kit } = words
      return {
        title: api ? say.editTitle(api.name) : say.addTitle,
        crumbs: apiCrumbs(visit, api),
        body: formView({
          ...{ action: at(api ? `/apis/${api.id}/edit` : '/apis/add'), csrf, lang },
          ...(api && { version: api.version }),
          ...shownValues(fields, stored, entered),
          groups: apiGroups(words, fields),
          before: api && api.rules.enforcement === 'report' ? notice('warning', say.onlyReported) : undefined,
          submit: api ? kit.save : say.add,
          cancel: at(api ? `/apis/${api.id}` : '/apis'),
        }),
      }
    }

    async function inputOf(visit: Visit, form: URLSearchParams, before?: Api): Promise<ApiInput> {
      const { fields, sources } = await material(visit, before)
      const { input, strayRoles, placeOf } = apiSaid(fields, form, { sources, ...(before && { before }) })
      const message = visit.words.apis.noSuchSource
      if (strayRoles.length > 0) throw invalidInput(strayRoles.map((path) => ({ path, message })))
      try {
        return parseInput(ApiInput, input)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        throw invalidInput(error.problems.map(({ path, message }) => ({ path: placeOf(path), message })))
      }
    }

    mount.form(
      { path: '/apis/add', area: 'apis', right: 'edit', lists: ['identity_headers'] },
      {
        show: (visit, entered) => form_(visit, entered),

        async submit(visit, form) {
          const { id, name } = await apis.create(visit.actor, await inputOf(visit, form))
          return { to: visit.at(`/apis/${id}`), say: visit.words.apis.added(name) }
        },
      },
    )

    mount.form(
      { path: '/apis/:id/edit', area: 'apis', right: 'edit', lists: ['identity_headers'] },
      {
        show: async (visit, entered) => form_(visit, entered, await apis.get(visit.param('id'))),

        async submit(visit, form) {
          const before = await apis.get(visit.param('id'))
          const input = await inputOf(visit, form, before)
          const { id, name } = await apis.replace(visit.actor, before.id, input, versionIn(form))
          return { to: visit.at(`/apis/${id}`), say: visit.words.apis.saved(name) }
        },
      },
    )
  }

/** Changing the settings of an authentication source. */
import { formView } from '#views/console/form.ts'
import type { ConnectorType, SourceType } from '../../connector.ts'
import type { Source } from '../../sources/source.ts'
import { sourceInput } from '../../sources/source-input.ts'
import type { Sources } from '../../sources/sources.ts'
import { inputFrom, shownValues } from '../forms.ts'
import type { Mount, Visit } from '../page.ts'
import { createSaveSource } from '../save-source.ts'
import { sourceCrumbs } from './source.ts'
import { configFields, generalFields } from './source-fields.ts'

interface Needs {
  readonly sources: Sources
  readonly connectors: ReadonlyMap<SourceType, ConnectorType>
}

const general = ['name', 'description', 'domains', 'hidden'] as const

export const sourceEditPages =
  ({ sources, connectors }: Needs) =>
  (mount: Mount): void => {
    const save = createSaveSource({ sources, connectors })
    const sourceOf = (visit: Visit) => sources.get(visit.param('id'))

    function settings({ words }: Visit, source: Source) {
      const connector = connectors.get(source.type)
      const { main, further } = connector
        ? configFields(words, connector, source.secretNames)
        : { main: [], further: [] }
      const common = generalFields(words, general)
      return { common, main, further, all: [...common, ...main, ...further] }
    }

    mount.form(
      { path: '/sources/:id/edit', area: 'sources', right: 'edit' },
      {
        async show(visit, entered) {
          const source = await sourceOf(visit)
          const { words, csrf, lang, at } = visit
          const { common, main, further, all } = settings(visit, source)
          return {
            title: words.sources.editTitle(source.name),
            lead: words.sources.editLead,
            crumbs: sourceCrumbs(visit, source),
            body: formView({
              ...{ action: at(`/sources/${source.id}/edit`), csrf, lang, version: source.version },
              ...shownValues(all, sourceInput(source), entered),
              groups: [
                { title: words.sources.general, fields: common },
                ...(main.length > 0 ? [{ title: words.sources.connection, fields: main }] : []),
                ...(further.length > 0 ? [{ title: words.sources.further, fields: further, folded: true }] : []),
              ],
              submit: words.kit.save,
              cancel: at(`/sources/${source.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const before = await sourceOf(visit)
          const { alias, type, enabled, mapping } = sourceInput(before)
          const said = inputFrom(settings(visit, before).all, form)
          return save(visit, before, { alias, type, enabled, mapping, ...said }, form)
        },
      },
    )
  }

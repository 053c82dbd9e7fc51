/** Changing an authentication source: its settings, and its mapping. */
import { formView } from '#views/console/form.ts'
import type { ConnectorType, SourceType } from '../../connector.ts'
import { rightToSource } from '../../roles/changes.ts'
import type { Source } from '../../sources/source.ts'
import { sourceInput } from '../../sources/source-input.ts'
import type { Sources } from '../../sources/sources.ts'
import { inputFrom, shownValues, versionIn } from '../forms.ts'
import type { Mount, Sent, Visit } from '../page.ts'
import { sourceCrumbs } from './source.ts'
import { configFields, generalFields, mappingFields, parseSource } from './source-fields.ts'

interface Needs {
  readonly sources: Sources
  readonly connectors: ReadonlyMap<SourceType, ConnectorType>
}

const general = ['name', 'description', 'domains', 'hidden'] as const

export const sourceEditPages =
  ({ sources, connectors }: Needs) =>
  (mount: Mount): void => {
    const sourceOf = (visit: Visit) => sources.get(visit.param('id'))

    function settings({ words }: Visit, source: Source) {
      const connector = connectors.get(source.type)
      const { main, further } = connector
        ? configFields(words, connector, source.secretNames)
        : { main: [], further: [] }
      const common = generalFields(words, general)
      return { common, main, further, all: [...common, ...main, ...further] }
    }

    /** By the right that the change asks for, which may be more than the page's. */
    async function save(visit: Visit, before: Source, input: unknown, form: URLSearchParams): Promise<Sent> {
      const next = parseSource(input, connectors.get(before.type), before)
      const now = sourceInput(before)
      const parsed = sourceInput(await sources.draft(next, before.id))
      const given = Object.entries(next.config).filter(
        ([name]) => before.secretNames.includes(name) || !(name in parsed.config),
      )
      const right = rightToSource(now, { ...parsed, config: { ...parsed.config, ...Object.fromEntries(given) } })
      visit.require(right)
      // Who decides where administrators come from has just proven who they are.
      if (right === 'administer') visit.requireRecentLogin()
      await sources.replace(visit.actor, before.id, next, versionIn(form))
      return { to: visit.at(`/sources/${before.id}`), say: visit.words.sources.saved(next.name) }
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

    mount.form(
      { path: '/sources/:id/mapping', area: 'sources', right: 'edit' },
      {
        async show(visit, entered) {
          const source = await sourceOf(visit)
          const { words, csrf, lang, at } = visit
          const fields = mappingFields(words)
          return {
            title: words.sources.mappingTitle(source.name),
            lead: words.sources.mappingLead,
            crumbs: sourceCrumbs(visit, source),
            body: formView({
              ...{ action: at(`/sources/${source.id}/mapping`), csrf, lang, version: source.version },
              ...shownValues(fields, sourceInput(source), entered),
              groups: [{ fields }],
              submit: words.kit.save,
              cancel: at(`/sources/${source.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const before = await sourceOf(visit)
          const said = inputFrom(mappingFields(visit.words), form)
          return save(visit, before, { ...sourceInput(before), ...said }, form)
        },
      },
    )
  }

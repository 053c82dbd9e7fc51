/** Saving a changed source, by the right that the change asks for, which may be more than the page's. */
import type { ConnectorType, SourceType } from '../connector.ts'
import { rightToSource } from '../roles/changes.ts'
import type { Source } from '../sources/source.ts'
import { sourceInput } from '../sources/source-input.ts'
import type { Sources } from '../sources/sources.ts'
import { versionIn } from './forms.ts'
import type { Sent, Visit } from './page.ts'
import { parseSource } from './pages/source-fields.ts'

interface Needs {
  readonly sources: Sources
  readonly connectors: ReadonlyMap<SourceType, ConnectorType>
}

export const createSaveSource =
  ({ sources, connectors }: Needs) =>
  async (visit: Visit, before: Source, input: unknown, form: URLSearchParams): Promise<Sent> => {
    const next = parseSource(input, connectors.get(before.type), before)
    const now = sourceInput(before)
    const parsed = sourceInput(await sources.draft(next, before.id))
    const given = Object.entries(next.config).filter(
      ([name]) => before.secretNames.includes(name) || !(name in parsed.config),
    )
    visit.require(rightToSource(now, { ...parsed, config: { ...parsed.config, ...Object.fromEntries(given) } }))
    await sources.replace(visit.actor, before.id, next, versionIn(form))
    return { to: visit.at(`/sources/${before.id}`), say: visit.words.sources.saved(next.name) }
  }

import { isDeepStrictEqual } from 'node:util'
import type { Actor } from '../../audit/audit.ts'
import { parseInput } from '../../input.ts'
import type { Source } from '../../sources/source.ts'
import { sourceInput } from '../../sources/source-input.ts'
import type { Sources } from '../../sources/sources.ts'
import type { SourceTypes } from '../desired.ts'
import type { EntryOf } from '../format.ts'
import type { Kind } from '../kind.ts'
import { everything } from '../names.ts'

interface Needs {
  readonly actor: Actor
  readonly sources: Sources
  readonly types: SourceTypes
}

type Entry = EntryOf<'authentication-sources'>

/** Authentication sources in files, the same by their alias. */
export const sourceKind = ({ actor, sources, types }: Needs): Kind<'authentication-sources', Source> => ({
  name: 'authentication-sources',
  all: () => everything(sources.list),
  keyOf: async ({ alias }) => alias,
  written: async (source) => ({ ...sourceInput(source) }),

  async wanted(entry, before) {
    const known = types.get(entry.type)
    const config = known ? parseInput(known.config, withKept(entry, known.secrets, before), 'config') : entry.config
    const shown = Object.fromEntries(Object.entries(config).filter(([member]) => !known?.secrets.includes(member)))
    const secrets = (known?.secrets ?? []).filter(
      (name) => name in entry.config && !isDeepStrictEqual(config[name], before?.config[name]),
    )
    return { written: { ...entry, config: shown }, secrets: secrets.map((name) => `config.${name}`) }
  },

  async create(entry) {
    await sources.create(actor, entry)
    return {}
  },
  async replace({ id, version }, entry) {
    await sources.replace(actor, id, entry, version)
    return {}
  },
  remove: ({ id, version }) => sources.remove(actor, id, version),
  // Where administrators sign in who have no other source.
  isKept: ({ alias, type }) => alias === 'local' && type === 'local',
})

/** As it will be once the noun has put the secrets back that the entry omits; `null` removes one. */
function withKept({ type, config }: Entry, secrets: readonly string[], before: Source | undefined) {
  const kept = before?.type === type ? before.config : {}
  const given = Object.entries(config).filter(([name, value]) => !(secrets.includes(name) && value === null))
  const omitted = secrets.filter((name) => !(name in config) && kept[name] !== undefined)
  return Object.fromEntries([...given, ...omitted.map((name) => [name, kept[name]])])
}

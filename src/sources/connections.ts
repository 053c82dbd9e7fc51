import type { Connector, ConnectorType, SourceType } from '../connector.ts'
import { Refusal } from '../errors.ts'
import type { Source } from './source.ts'
import type { StatusRecorder } from './status.ts'
import { watched } from './watched.ts'

export interface Connections {
  /** The source's connector, opened when it is first needed and again when the source has changed. */
  connector(source: Source): Connector
  forget(sourceId: string): Promise<void>
  close(): Promise<void>
}

export function createConnections(
  types: ReadonlyMap<SourceType, ConnectorType>,
  record: Pick<StatusRecorder, 'succeeded' | 'failed' | 'vouched'>,
): Connections {
  const opened = new Map<string, { readonly version: number; readonly connector: Connector }>()

  async function forget(sourceId: string) {
    const known = opened.get(sourceId)
    opened.delete(sourceId)
    await known?.connector.close?.()
  }

  return {
    connector(source) {
      const known = opened.get(source.id)
      // A caller that still holds an older version of the source gets the newer connector as well.
      if (known && known.version >= source.version) return known.connector
      const type = types.get(source.type)
      if (!type)
        throw new Refusal('source_disabled', `Sources of type ${source.type} are not available in this version`)
      const connector = watched(type.open(source.config, source), source.id, record)
      opened.set(source.id, { version: source.version, connector })
      // Nobody waits for the old one to close, and it matters to nobody whether it could.
      known?.connector.close?.().catch(() => {})
      return connector
    },

    forget,

    async close() {
      await Promise.all([...opened.keys()].map(forget))
    },
  }
}

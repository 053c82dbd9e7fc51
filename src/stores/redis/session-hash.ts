import type { BrokerSession } from '../../sessions/session.ts'
import { openIfKept, type Vault } from '../../vault.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import { pairs } from './lookup.ts'
import { type Fields, isOf, toSession } from './session-record.ts'

/** Reads what the two stores of sessions and grants share. */
export interface SessionHashes {
  /** By the id of a session or of a grant in it; empty when there is none. */
  fields(id: string): Promise<Fields>
  /** Whether it is alive is not looked at. */
  session(id: string): Promise<BrokerSession | undefined>
  open(id: string, fields: Fields, sealed: string | null): BrokerSession
  seal(session: BrokerSession): string | undefined
}

export function createSessionHashes(connection: Connection, keys: Keys, vault: Vault): SessionHashes {
  const context = (id: string) => `sessions/${id}/upstream.idToken`

  const open: SessionHashes['open'] = (id, fields, sealed) =>
    toSession(id, fields, sealed === null ? undefined : openIfKept(vault, sealed, context(id)))

  const fieldsOf: SessionHashes['fields'] = async (id) => toMap(await connection.send('hgetall', keys.session(id)))

  return {
    fields: fieldsOf,

    async session(id) {
      const [fields, sealed] = await Promise.all([fieldsOf(id), connection.send('get', keys.upstreamToken(id))])
      return isOf(id, fields) ? open(id, fields, sealed as string | null) : undefined
    },

    open,

    seal: ({ id, upstream }) =>
      upstream?.idToken === undefined ? undefined : vault.seal(upstream.idToken, context(id)),
  }
}

/** Redis' answer to HGETALL: names and values in turn, or an object that the client has made of them. */
export const toMap = (answer: unknown): Fields =>
  new Map(Array.isArray(answer) ? pairs(answer) : Object.entries(answer as Record<string, string>))

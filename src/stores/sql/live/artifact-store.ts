import type { Clock } from '../../../clock.ts'
import type { ArtifactKind, ArtifactStore } from '../../../issuer/artifact-store.ts'
import { fromJson, toJson } from '../json.ts'
import type { Db } from '../schema.ts'

/** Every operation is one statement, so that of any number at once exactly one wins. */
export function createArtifactStore(db: Db, clock: Clock): ArtifactStore {
  const update = (kind: ArtifactKind, id: string) =>
    db.updateTable('artifacts').where('kind', '=', kind).where('id', '=', id).where('expires_at', '>', clock())

  return {
    async put(kind, id, payload, expiresAt) {
      const now = clock()
      const values = { kind, id, payload: toJson(payload), consumed_at: null, expires_at: expiresAt }
      await db
        .insertInto('artifacts')
        .values(values)
        .onConflict((conflict) =>
          conflict.columns(['kind', 'id']).doUpdateSet(({ eb, ref }) => ({
            payload: values.payload,
            expires_at: values.expires_at,
            // What was used stays used however often it is saved; what had expired is a new one.
            consumed_at: eb
              .case()
              .when('artifacts.expires_at', '>', now)
              .then(ref('artifacts.consumed_at'))
              .else(null)
              .end(),
          })),
        )
        .execute()
    },

    async putOnce(kind, id, payload, expiresAt) {
      const values = { kind, id, payload: toJson(payload), consumed_at: null, expires_at: expiresAt }
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('artifacts')
        .values(values)
        .onConflict((conflict) =>
          conflict.columns(['kind', 'id']).doUpdateSet(values).where('artifacts.expires_at', '<=', clock()),
        )
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },

    async get(kind, id) {
      const row = await db
        .selectFrom('artifacts')
        .select(['payload', 'consumed_at'])
        .where('kind', '=', kind)
        .where('id', '=', id)
        .where('expires_at', '>', clock())
        .executeTakeFirst()
      return row && { payload: fromJson(row.payload), consumedAt: row.consumed_at }
    },

    async consume(kind, id, at) {
      const { numUpdatedRows } = await update(kind, id)
        .set({ consumed_at: at })
        .where('consumed_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async release(kind, id) {
      await update(kind, id).set({ consumed_at: null }).execute()
    },

    async endGrace(kind, id) {
      await update(kind, id).set({ consumed_at: 0 }).execute()
    },

    async remove(kind, id) {
      await db.deleteFrom('artifacts').where('kind', '=', kind).where('id', '=', id).execute()
    },
  }
}

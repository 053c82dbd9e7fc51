import type { Clock } from '../../../clock.ts'
import type { ArtifactKind, ArtifactStore } from '../../../issuer/artifact-store.ts'
import { fromJson, toJson } from '../json.ts'
import type { Db } from '../schema.ts'
import { written } from '../written.ts'

type Named = { readonly kind: ArtifactKind; readonly id: string }

const put = written((db, { now, ...given }: Named & { payload: string; expires_at: number; now: number }) =>
  db
    .insertInto('artifacts')
    .values({ ...given, consumed_at: null })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'id']).doUpdateSet(({ eb, ref }) => ({
        payload: ref('excluded.payload'),
        expires_at: ref('excluded.expires_at'),
        // What was used stays used however often it is saved; what had expired is a new one.
        consumed_at: eb
          .case()
          .when('artifacts.expires_at', '>', now)
          .then(ref('artifacts.consumed_at'))
          .else(null)
          .end(),
      })),
    ),
)

const get = written((db, { kind, id, now }: Named & { now: number }) =>
  db
    .selectFrom('artifacts')
    .select(['payload', 'consumed_at'])
    .where('kind', '=', kind)
    .where('id', '=', id)
    .where('expires_at', '>', now),
)

const consume = written((db, { kind, id, at, now }: Named & { at: number; now: number }) =>
  db
    .updateTable('artifacts')
    .set({ consumed_at: at })
    .where('kind', '=', kind)
    .where('id', '=', id)
    .where('expires_at', '>', now)
    .where('consumed_at', 'is', null),
)

const remove = written((db, { kind, id }: Named) =>
  db.deleteFrom('artifacts').where('kind', '=', kind).where('id', '=', id),
)

/** Every operation is one statement, so that of any number at once exactly one wins. */
export function createArtifactStore(db: Db, clock: Clock): ArtifactStore {
  const update = (kind: ArtifactKind, id: string) =>
    db.updateTable('artifacts').where('kind', '=', kind).where('id', '=', id).where('expires_at', '>', clock())

  return {
    async put(kind, id, payload, expiresAt) {
      await put(db, { kind, id, payload: toJson(payload), expires_at: expiresAt, now: clock() })
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
      const [row] = (await get(db, { kind, id, now: clock() })).rows
      return row && { payload: fromJson(row.payload), consumedAt: row.consumed_at }
    },

    async consume(kind, id, at) {
      return (await consume(db, { kind, id, at, now: clock() })).changed === 1
    },

    async release(kind, id) {
      await update(kind, id).set({ consumed_at: null }).execute()
    },

    async endGrace(kind, id) {
      await update(kind, id).set({ consumed_at: 0 }).execute()
    },

    async remove(kind, id) {
      await remove(db, { kind, id })
    },
  }
}

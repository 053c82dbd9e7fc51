import type { LiveLineage } from '../live-lineage.ts'
import { atomically } from './database.ts'
import type { Db } from './schema.ts'

/** Three rows of `registry_meta`. */
const [generationRow, pulseRow, sinceRow] = ['live_generation', 'live_pulse', 'live_since']

/** Seconds: what was issued at or before then is dead. `null`: nothing is. */
export async function forgottenAt(db: Db): Promise<number | null> {
  const row = await db.selectFrom('registry_meta').select('value').where('name', '=', sinceRow).executeTakeFirst()
  return row?.value || null
}

/**
 * Nothing that was alive until now counts any more, in whatever live store it is: for a registry that comes from another
 * time. `at`: seconds; as a generation it is larger than any that was counted to.
 */
export async function restartLineage(db: Db, at: number): Promise<void> {
  const rows = { [generationRow]: at, [pulseRow]: 0, [sinceRow]: at }
  await atomically(db, async (transaction) => {
    for (const [name, value] of Object.entries(rows))
      await transaction
        .insertInto('registry_meta')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute()
  })
}

export function createLiveLineage(db: Db): LiveLineage {
  const is = (name: string, value: number) =>
    db.selectFrom('registry_meta').select('name').where('name', '=', name).where('value', '=', value)

  return {
    async read() {
      await db
        .insertInto('registry_meta')
        .values([
          { name: generationRow, value: 1 },
          { name: pulseRow, value: 0 },
          { name: sinceRow, value: 0 },
        ])
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute()
      const rows = await db.selectFrom('registry_meta').selectAll().execute()
      const value = (row: string) => rows.find(({ name }) => name === row)?.value ?? 0
      return { generation: value(generationRow), pulse: value(pulseRow), since: value(sinceRow) }
    },

    async notePulse(generation, pulse) {
      await db
        .updateTable('registry_meta')
        .set({ value: pulse })
        .where('name', '=', pulseRow)
        .where('value', '<', pulse)
        .where(({ exists }) => exists(is(generationRow, generation)))
        .execute()
    },

    async raise(generation, since) {
      await atomically(db, async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('registry_meta')
          .set({ value: generation + 1 })
          .where('name', '=', generationRow)
          .where('value', '=', generation)
          .executeTakeFirst()
        if (numUpdatedRows !== 1n) return
        await transaction.updateTable('registry_meta').set({ value: 0 }).where('name', '=', pulseRow).execute()
        await transaction.updateTable('registry_meta').set({ value: since }).where('name', '=', sinceRow).execute()
      })
    },
  }
}

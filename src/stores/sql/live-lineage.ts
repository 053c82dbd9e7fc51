import type { LiveLineage } from '../live-lineage.ts'
import { atomically } from './database.ts'
import type { Db } from './schema.ts'

/** Three rows of `registry_meta`. */
const [generationRow, pulseRow, sinceRow] = ['live_generation', 'live_pulse', 'live_since']

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

import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { startTestBroker } from '../support/broker.ts'

describe('API keys and the secrets of applications', () => {
  it('SEC-104 leave nothing in the database that could be used', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-keys-'))
    const database = `sqlite:${join(folder, 'gatehouse.db')}`
    const keys = [randomBytes(32)]
    {
      await using broker = await startTestBroker({ database, keys })
      const { id: api } = await broker.created('apis', { name: 'Patients', slug: 'patients' })
      const application = await broker.created('applications', { name: 'Patient App' })
      const path = `applications/${application.id}/api-keys`
      const made = await broker.created(path, { api_id: api })
      const rotated = await broker.created(`${path}/${made.id}/rotate`, { overlap_seconds: 60 })
      const { client_secret } = application.client as { client_secret: string }

      const dump = Buffer.concat(await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name)))))
      for (const { prefix, key } of [made, rotated]) {
        expect(dump.includes(String(prefix)), 'the dump holds the rows').toBe(true)
        expect(dump.includes(String(key).slice(16, 59))).toBe(false)
      }
      expect(dump.includes(client_secret)).toBe(false)

      await using stores = await openSqlStores({
        url: database,
        vault: createVault(keys),
        clock: Date.now,
        log: silent,
      })
      const stored = await stores.apiKeys.byPrefix(String(made.prefix))
      expect(stored?.key.digest, 'SHA-256').toMatch(/^[\w-]{43}$/)
      expect(String(made.key)).not.toContain(stored?.key.digest ?? '')
    }
    await rm(folder, { recursive: true })
  })
})

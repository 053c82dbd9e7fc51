/** The password that is shown once: a start that comes to nothing must not keep it to itself. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startBroker } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { silent } from '../../src/log.ts'
import { freePort } from '../support/broker.ts'

it('is made by the first start that has its address, not by one before whose address was taken', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-first-'))
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const start = async (port: number, more: Record<string, string> = {}) => {
    const settings = { PORT: String(port), DATABASE_URL: `sqlite:${join(folder, 'gatehouse.db')}`, ...more }
    const config = await loadConfig(settings, join(import.meta.dirname, '..', '..'))
    return startBroker(config, [Buffer.alloc(32, 7)], { log: silent })
  }
  try {
    await expect(start((other.address() as AddressInfo).port)).rejects.toThrow('another program listens there already')
    const port = await freePort()
    const wrong = { GATEHOUSE_BOOTSTRAP_CLIENT_ID: 'no good', GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: 'x'.repeat(32) }
    await expect(start(port, wrong)).rejects.toThrow('bootstrap.client.client_id')
    await using broker = await start(port)
    expect(broker.administrator?.generatedPassword).toMatch(/^\S{24}$/)
  } finally {
    other.close()
    await rm(folder, { recursive: true })
  }
})

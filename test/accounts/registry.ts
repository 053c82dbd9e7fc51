import { randomBytes } from 'node:crypto'
import type { Clock } from '../../src/clock.ts'
import { createVault } from '../../src/config/secrets.ts'
import { newId } from '../../src/ids.ts'
import { silent } from '../../src/log.ts'
import { Mapping } from '../../src/mapping/mapping.ts'
import type { Source } from '../../src/sources/source.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'

/** The real stores, in memory, with sources that people can come through. */
export async function openRegistry(clock: Clock = () => Date.parse('2026-03-01T12:00:00Z')) {
  const stores = await openSqlStores({
    url: 'sqlite::memory:',
    vault: createVault([randomBytes(32)]),
    clock,
    log: silent,
  })
  const source = async (alias: string, type: Source['type']): Promise<Source> => {
    const now = clock()
    const added: Source = {
      id: newId(),
      version: 1,
      createdAt: now,
      updatedAt: now,
      alias,
      name: alias,
      description: '',
      type,
      enabled: true,
      config: {},
      secretNames: [],
      mapping: Mapping.parse({}),
      domains: [],
      hidden: false,
      expiresAt: null,
    }
    await stores.sources.add(added)
    return added
  }
  return {
    ...stores,
    local: await source('local', 'local'),
    staff: await source('staff', 'local'),
    okta: await source('Okta', 'oidc'),
    entra: await source('Entra', 'oidc'),
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  }
}

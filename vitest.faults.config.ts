import { defineConfig } from 'vitest/config'

/** The drills of docs/operations/faults.md at their full length, one after the other. */
export default defineConfig({
  test: {
    include: [
      'test/faults/**/*.test.ts',
      'test/stores/redis-faults.test.ts',
      'test/stores/postgres-outage.test.ts',
      'test/journeys/registry-away.test.ts',
      'test/journeys/nodes-revocation.test.ts',
      'test/journeys/signing-in-lost.test.ts',
      'test/browser/tabs.test.ts',
      'test/security/tokens-nodes.test.ts',
    ],
    pool: 'forks',
    maxWorkers: 1,
    env: { FAULTS: 'long' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})

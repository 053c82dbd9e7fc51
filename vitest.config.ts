import { defineConfig } from 'vitest/config'
import { securityReporter } from './test/support/security-reporter.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    // Tests start real servers and browsers, and each file has them to itself.
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', securityReporter()],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})

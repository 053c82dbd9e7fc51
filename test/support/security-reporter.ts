/**
 * Says after a run which security rows were tried: the rights and wrongs that every release is held to. Tests name
 * their rows (`SEC-051 …`), in their own names or in those round them. A whole run fails when a row has no test
 * that passes; a run of some tests only tells.
 */
import type { Reporter, TestModule, Vitest } from 'vitest/node'

const span = (from: number, to = from): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** What this release promises, by area. */
const required: Readonly<Record<string, readonly number[]>> = {
  'Authorization endpoint and pages': span(1, 11).concat(span(14, 16)),
  'Token endpoint and refresh': span(17, 30),
  'Client authentication': span(32, 38),
  'JWTs and keys': span(41, 50),
  'Upstream providers': span(51, 58).concat(60),
  'People and what is said of them': [76, 77].concat(span(80, 83)),
  'Local users': [86],
  Sessions: span(92, 99),
  Gateways: [...span(100, 107), 111, 112],
  'Outbound calls and limits': span(108, 110),
  Administration: span(113, 116),
  'What operators see': [117, 118],
  'Mistakes and what we stand on': [119, 120],
}

interface Tally {
  passed: number
  failed: number
}

const nameOf = (row: number): string => `SEC-${String(row).padStart(3, '0')}`

export function securityReporter(): Reporter {
  let vitest: Vitest | undefined
  let wasAsked: readonly string[] = []

  /** Nothing was left out: neither files nor tests. */
  async function isWhole(vitest: Vitest): Promise<boolean> {
    if (vitest.config.testNamePattern || vitest.config.shard) return false
    const all = await vitest.globTestSpecifications([])
    return all.every(({ moduleId }) => wasAsked.includes(moduleId))
  }

  return {
    onInit(running) {
      vitest = running
    },

    onTestRunStart(specifications) {
      wasAsked = specifications.map(({ moduleId }) => moduleId)
    },

    async onTestRunEnd(modules, _errors, reason) {
      if (!vitest || reason === 'interrupted') return
      const whole = await isWhole(vitest)
      const tallies = count(modules)
      const rows = Object.values(required).flat().map(nameOf)
      const shown = whole ? rows : rows.filter((row) => tallies.has(row))
      if (shown.length === 0) return

      const of = (row: string): Tally => tallies.get(row) ?? { passed: 0, failed: 0 }
      const missing = shown.filter((row) => of(row).passed + of(row).failed === 0)
      const failing = shown.filter((row) => of(row).failed > 0)
      const lines = Object.entries(required).flatMap(([area, numbers]) => {
        const cells = numbers
          .map(nameOf)
          .filter((row) => shown.includes(row))
          .map((row) => cell(row, of(row)))
        return cells.length > 0 ? [`  ${area}`, ...inLines(cells)] : []
      })
      const summary = `${shown.length} rows: ${shown.length - failing.length - missing.length} pass, ${failing.length} fail, ${missing.length} missing`
      vitest.logger.log(
        ['', ' Security rows', ...lines, `  ${summary}${whole ? '' : ' (of the tests that were run)'}`, ''].join('\n'),
      )

      if (!whole || missing.length === 0) return
      vitest.logger.error(`  No test that passes: ${missing.join(', ')}`)
      process.exitCode = 1
    },
  }

  function count(modules: readonly TestModule[]): ReadonlyMap<string, Tally> {
    const tallies = new Map<string, Tally>()
    for (const test of modules.flatMap(({ children }) => [...children.allTests()])) {
      const { state } = test.result()
      if (state !== 'passed' && state !== 'failed') continue
      for (const row of new Set(test.fullName.match(/\bSEC-\d{3}\b/g))) {
        const tally = tallies.get(row) ?? { passed: 0, failed: 0 }
        tally[state] += 1
        tallies.set(row, tally)
      }
    }
    return tallies
  }
}

function cell(row: string, { passed, failed }: Tally): string {
  if (failed > 0) return `${row} ✗ ${failed} of ${passed + failed}`
  return passed > 0 ? `${row} ✓ ${passed}` : `${row} – none`
}

function inLines(cells: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (let at = 0; at < cells.length; at += 5) {
    lines.push(
      `    ${cells
        .slice(at, at + 5)
        .map((text) => text.padEnd(20))
        .join('')
        .trimEnd()}`,
    )
  }
  return lines
}

import { expect, vi } from 'vitest'
import { createLog } from '../../src/log.ts'

export type Line = Readonly<Record<string, unknown>> & { readonly event?: string }

/** A log as it is in operation, and what it has written. */
export function recordLog(level = 'trace') {
  const raw: string[] = []
  const lines = (): readonly Line[] => raw.map((line) => JSON.parse(line))
  return {
    log: createLog(level, { write: (line) => void raw.push(line) }),
    /** As they were written, each with the end of its line. */
    raw,
    lines,
    /** Of the request that was answered so, all of them: the last is written after the answer. */
    async linesOf({ headers }: Response): Promise<readonly Line[]> {
      const id = headers.get('x-request-id')
      const found = () => lines().filter(({ request_id }) => request_id === id)
      await vi.waitFor(() => expect(found().map(({ event }) => event)).toContain('request.answered'), { timeout: 5000 })
      return found()
    },
    events: (name: string): readonly Line[] =>
      raw.map((line): Line => JSON.parse(line)).filter(({ event }) => event === name),
    clear: () => raw.splice(0),
  }
}

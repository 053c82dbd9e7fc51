import { createLog } from '../../src/log.ts'

export type Line = Readonly<Record<string, unknown>> & { readonly event?: string }

/** A log as it is in operation, and what it has written. */
export function recordLog(level = 'trace') {
  const raw: string[] = []
  return {
    log: createLog(level, { write: (line) => void raw.push(line) }),
    /** As they were written, each with the end of its line. */
    raw,
    lines: (): readonly Line[] => raw.map((line) => JSON.parse(line)),
    events: (name: string): readonly Line[] =>
      raw.map((line): Line => JSON.parse(line)).filter(({ event }) => event === name),
    clear: () => raw.splice(0),
  }
}

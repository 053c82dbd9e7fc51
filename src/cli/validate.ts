/** `gatehouse validate`: whether files can be used, without a database and without their secrets. */
import type { Given, World } from './command.ts'
import { readDesired } from './desired.ts'
import { type ExitCode, exitCodes, problemLine } from './problems.ts'

export async function validate(given: Given, { environment, terminal, sourceTypes }: World): Promise<ExitCode> {
  const types = await sourceTypes()
  const wishes = { sourceTypes: types, environment, withSecrets: false, now: Date.now() }
  const desired = await readDesired(given.parameters, wishes)
  for (const warning of desired.warnings) terminal.remark(`warning: ${problemLine(warning)}`)
  const { length } = desired.entries
  terminal.answer({ valid: true, entries: length, warnings: desired.warnings }, `Valid: ${length} entries.`)
  return exitCodes.done
}

/** `gatehouse apply`: shows what has to be done so that the registry is what the files say, and does it. */
import { carryOut, type MadeSecrets, rehearse } from './carry-out.ts'
import type { Given, World } from './command.ts'
import { readDesired } from './desired.ts'
import { planText } from './plan.ts'
import { type ExitCode, exitCodes, problemLine, UsageProblem } from './problems.ts'

export async function apply(given: Given, { environment, terminal, user, registry: open }: World): Promise<ExitCode> {
  const isDry = given.has('dry-run')
  if (!isDry && !given.has('yes') && !terminal.ask)
    throw new UsageProblem('There is nobody to ask: give --yes, or --dry-run to see the plan only')
  await using registry = await open({ mayCreate: true })
  const { sourceTypes } = registry
  const desired = await readDesired(given.parameters, { sourceTypes, environment, withSecrets: true })
  for (const warning of desired.warnings) terminal.remark(`warning: ${problemLine(warning)}`)

  const { items } = await registry.nouns.sources.list({ limit: 1 })
  const isNew = items.length === 0
  const wish = { registry, actor: { kind: 'cli', id: user }, desired, prune: given.has('prune') } as const
  const plan = await rehearse(wish)
  const text = planText(plan.steps, plan.unchanged)
  const answer = (applied: boolean, made: readonly MadeSecrets[], more: string) =>
    terminal.answer({ ...plan, applied, made }, more)

  if (plan.steps.length === 0 || isDry) {
    answer(false, [], text)
    return exitCodes.done
  }
  if (!given.has('yes')) {
    terminal.remark(text)
    if (!(await terminal.ask?.('Apply this?'))) {
      answer(false, [], 'Nothing was changed.')
      return exitCodes.refused
    }
  }
  const made = await carryOut(wish, plan)
  const done = [...(given.has('yes') ? [text] : []), ...(made.length > 0 ? [secretsText(made)] : []), 'Applied.']
  answer(true, made, done.join('\n\n'))
  if (isNew) terminal.remark('If nobody here is an administrator: gatehouse admin reset-password makes one.')
  return exitCodes.done
}

const secretsText = (made: readonly MadeSecrets[]): string =>
  [
    'Made on the way, and shown this once:',
    ...made.flatMap(({ kind, key, members }) =>
      Object.entries(members).map(([name, value]) => `  ${kind} ${key} ${name}: ${value}`),
    ),
  ].join('\n')

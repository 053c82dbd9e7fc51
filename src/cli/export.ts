/** `gatehouse export`: the registry as a file that `gatehouse apply` takes, without secrets. */
import { stringify } from 'yaml'
import { brief } from './brief.ts'
import type { Given, World } from './command.ts'
import { type KindName, kindNames } from './format.ts'
import { manageAll } from './managed.ts'
import type { Written } from './plan.ts'
import { type ExitCode, exitCodes, UsageProblem } from './problems.ts'

const schemaLine = '# yaml-language-server: $schema=config/gatehouse.schema.json\n'

export async function exportRegistry(given: Given, { terminal, user, registry: open }: World): Promise<ExitCode> {
  const wanted = kindsIn(given.get('kinds'))
  await using registry = await open()
  const { nouns } = registry
  const actor = { kind: 'cli', id: user } as const
  const { kinds } = manageAll({ registry, nouns, actor, desired: [], later() {} })
  const document: Partial<Record<KindName, readonly Written[]>> = {}
  for (const kind of kinds) {
    if (!wanted.includes(kind.name)) continue
    const all = await kind.export()
    if (all.length > 0) document[kind.name] = all.map((written) => brief(kind.name, written))
  }
  terminal.answer(document, schemaLine + stringify(document, { lineWidth: 120 }).trimEnd())
  return exitCodes.done
}

function kindsIn(text: string | undefined): readonly KindName[] {
  if (text === undefined) return kindNames
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !kindNames.some((kind) => kind === name))
  if (unknown.length > 0)
    throw new UsageProblem(`There is no kind ${unknown.join(', ')}; there are ${kindNames.join(', ')}`)
  return kindNames.filter((kind) => names.includes(kind))
}

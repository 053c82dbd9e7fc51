/** Every command there is. What it takes to run one is loaded when it is run. */
import type { Command } from './command.ts'
import { exitCodes } from './problems.ts'

export const commands: readonly Command[] = [
  {
    name: 'apply',
    parameters: 'FILE…',
    summary: 'Makes the registry what the files say: shows the plan, asks, and does all of it or nothing.',
    options: {
      yes: { means: 'do not ask' },
      'dry-run': { means: 'show the plan only' },
      prune: { means: 'delete what the files omit, of the kinds that they name' },
    },
    count: [1, 1000],
    run: async (given, world) => (await import('./apply.ts')).apply(given, world),
  },
  {
    name: 'export',
    parameters: '',
    summary: 'Writes the registry as a file for apply, without secrets.',
    options: { kinds: { value: 'KIND,…', means: 'these only, such as clients,apis' } },
    count: [0, 0],
    run: async (given, world) => (await import('./export.ts')).exportRegistry(given, world),
  },
  {
    name: 'validate',
    parameters: 'FILE…',
    summary: 'Says what is wrong with files, without a database and without their secrets.',
    options: {},
    count: [1, 1000],
    run: async (given, world) => (await import('./validate.ts')).validate(given, world),
  },
  {
    name: 'schema',
    parameters: '',
    summary: 'Writes the JSON Schema of the files, for editors.',
    options: {},
    count: [0, 0],
    async run(_given, { terminal, sourceTypes }) {
      const { registrySchema } = await import('./schema.ts')
      const schema = registrySchema(await sourceTypes())
      terminal.answer(schema, JSON.stringify(schema, undefined, 2))
      return exitCodes.done
    },
  },
]

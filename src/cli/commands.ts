/** Every command there is. What it takes to run one is loaded when it is run. */
import type { Command } from './command.ts'
import { exitCodes } from './problems.ts'

export const commands: readonly Command[] = [
  {
    name: 'apply',
    parameters: 'FILE…',
    summary: 'Makes the registry match the files: shows the plan, asks, and does all of it or nothing.',
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
    options: { kinds: { value: 'KIND,…', means: 'only these, such as clients,apis' } },
    count: [0, 0],
    run: async (given, world) => (await import('./export.ts')).exportRegistry(given, world),
  },
  {
    name: 'validate',
    parameters: 'FILE…',
    summary: 'Says what is wrong with files. Needs neither a database nor their secrets.',
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
  {
    name: 'admin reset-password',
    parameters: '[USERNAME]',
    summary: 'Gives a local user another password and shows it once; brings back the first administrator if need be.',
    options: {},
    count: [0, 1],
    run: async (given, world) => (await import('./reset-password.ts')).resetPassword(given, world),
  },
  {
    name: 'keys list',
    parameters: '',
    summary: 'Shows the signing keys that are published.',
    options: {},
    count: [0, 0],
    run: async (_given, world) => (await import('./signing-keys.ts')).listKeys(world),
  },
  {
    name: 'keys rotate',
    parameters: '',
    summary: 'Lets the next signing key take over, once verifiers have had time to fetch it.',
    options: {},
    count: [0, 0],
    run: async (_given, world) => (await import('./signing-keys.ts')).rotateKeys(world),
  },
  {
    name: 'keys revoke',
    parameters: 'KID',
    summary: 'Makes everything that this key signed invalid: for emergencies.',
    options: {},
    count: [1, 1],
    run: async (given, world) => (await import('./signing-keys.ts')).revokeKey(given, world),
  },
  {
    name: 'sessions list',
    parameters: '',
    summary: 'Shows who is signed in, the newest first.',
    options: {
      user: { value: 'WHO', means: 'only of this user: an id, a user name, an e-mail address or a name' },
      source: { value: 'ALIAS', means: 'through this source' },
      limit: { value: 'N', means: 'how many at most; 50 by default' },
    },
    count: [0, 0],
    run: async (given, world) => (await import('./sessions.ts')).listSessions(given, world),
  },
  {
    name: 'sessions end',
    parameters: '[ID…]',
    summary: 'Signs people out: the tokens of the session are no longer valid, and its clients are told.',
    options: {
      user: {
        value: 'WHO',
        means: "all sessions of this user (an id or a name), and applications' offline access for them",
      },
    },
    count: [0, 1000],
    run: async (given, world) => (await import('./sessions.ts')).endSessions(given, world),
  },
  {
    name: 'doctor',
    parameters: '',
    summary: 'Checks everything that a server needs, changes nothing, and says what to do.',
    options: {},
    count: [0, 0],
    run: async (_given, world) => (await import('./doctor.ts')).doctor(world),
  },
  {
    name: 'backup',
    parameters: 'DIR',
    summary: 'Writes the database into a folder, without sessions and without the secret keys.',
    options: { force: { means: 'replace a backup that is there' } },
    count: [1, 1],
    run: async (given, world) => (await import('./backup.ts')).backUp(given, world),
  },
  {
    name: 'restore',
    parameters: 'DIR',
    summary: 'Restores a backup. No server may be running.',
    options: { force: { means: 'replace the database that is there' } },
    count: [1, 1],
    run: async (given, world) => (await import('./backup.ts')).restore(given, world),
  },
]

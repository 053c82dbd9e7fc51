import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { helpOf } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { readDesired } from '../../src/cli/desired.ts'
import { knownSourceTypes } from '../../src/cli/open.ts'
import { registrySchema } from '../../src/cli/schema.ts'
import { silent } from '../../src/log.ts'

const root = join(import.meta.dirname, '..', '..')
const text = (file: string) => readFile(join(root, file), 'utf8')

describe('docs/operations/cli.md', () => {
  it.each(commands)('says what gatehouse $name --help says', async (command) => {
    expect(await text('docs/operations/cli.md')).toContain(`\`\`\`\n${helpOf(command)}\n\`\`\`\n`)
  })
})

it('config/gatehouse.schema.json is the schema of today (if not: npx gatehouse schema > config/gatehouse.schema.json)', async () => {
  expect(JSON.parse(await text('config/gatehouse.schema.json'))).toEqual(registrySchema(knownSourceTypes(silent)))
})

it('config/demo.yaml is valid as it stands', async () => {
  const options = { sourceTypes: knownSourceTypes(silent), environment: {}, withSecrets: false }
  expect((await readDesired([join(root, 'config/demo.yaml')], options)).warnings).toEqual([])
})

it.each(['docs/operations/configuration-files.md'])('%s has an example that is valid', async (page) => {
  const [, example = ''] = /```yaml\n([\s\S]+?)```/.exec(await text(page)) ?? []
  const { writeFile, mkdtemp, rm } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-example-'))
  await writeFile(join(folder, 'registry.yaml'), example)
  const sourceTypes = knownSourceTypes(silent)
  const desired = await readDesired([join(folder, 'registry.yaml')], {
    sourceTypes,
    environment: {},
    withSecrets: false,
  })
  await rm(folder, { recursive: true })
  expect(desired.entries).toHaveLength(8)
  expect(desired.warnings).toEqual([])
})

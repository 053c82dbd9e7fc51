import { existsSync, globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../package.json' with { type: 'json' }
import { reasonsPage } from '../scripts/reasons-page.ts'
import { variables } from '../src/config/environment.ts'
import { leaves, read, type Tree } from '../src/config/layers.ts'
import { reasons } from '../src/reasons.ts'

const root = join(import.meta.dirname, '..')
const text = (file: string) => readFile(join(root, file), 'utf8')

describe('docs/settings.md', async () => {
  const defaults = parse(await text('config/default.yaml')) as Tree
  const page = await text('docs/settings.md')
  const rows = [...page.matchAll(/^\| `([\w.]+)` *\| *(?:`(\w+)` *)?\| *(?:`([^`]+)` *)?\| *(.+?) *\|$/gm)].map(
    ([, path = '', variable, value, meaning]) => ({ path, variable, value, meaning }),
  )

  it('lists every setting and every environment variable, and no other', () => {
    expect(rows.length).toBeGreaterThan(30)
    const paths = new Set([...leaves(defaults), ...Object.values(variables).map(({ path }) => path)])
    expect(rows.map(({ path }) => path).sort()).toEqual([...paths].sort())
    const documented = rows.flatMap(({ path, variable }) => (variable ? [[variable, { path }]] : []))
    const real = Object.entries(variables).map(([name, { path }]) => [name, { path }])
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(real))
    expect(page).toContain('`GATEHOUSE_CONFIG`')
  })

  it.each(rows)('gives $path the default that config/default.yaml gives it', ({ path, value }) => {
    expect(value === undefined ? undefined : parse(value)).toEqual(read(defaults, path))
  })
})

it('config/default.yaml names every environment variable', async () => {
  const reference = await text('config/default.yaml')
  expect(Object.keys(variables).filter((name) => !new RegExp(`\\b${name}\\b`).test(reference))).toEqual([])
})

describe('docs/reasons.md', () => {
  it('says what the code says (if not: npm run docs)', async () => {
    expect(await text('docs/reasons.md')).toBe(reasonsPage())
  })

  it.each(Object.entries(reasons))('has %s with its cause and its fix', async (code, { cause, fix }) => {
    const [, entry = ''] = (await text('docs/reasons.md')).split(`## \`${code}\`\n`)
    expect(entry.split('\n## ')[0]).toContain(`- Cause: ${cause}\n- Fix: ${fix}\n`)
  })
})

it.each(Object.entries(reasons))('%s can be told in an error_description (RFC 6749 §5.2)', (_, { title, cause }) => {
  expect(`${title} ${cause}`).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
})

it.each(Object.keys(packageJson.scripts).filter((name) => !name.startsWith('pre')))(
  'npm run %s first installs what is missing, as CONTRIBUTING.md says',
  (name) => {
    expect(Object.entries(packageJson.scripts)).toContainEqual([
      `pre${name}`,
      expect.stringMatching(/^node scripts\/prepare\.mjs( --tests)?$/),
    ])
  },
)

describe('what the pages say', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], { cwd: root })

  it.each(pages)('%s names only commands that there are', async (page) => {
    const commands = [...(await text(page)).matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
    const missing = commands
      .map(([, run, short]) => run ?? short ?? '')
      .filter((name) => !(name in packageJson.scripts))
    expect(missing).toEqual([])
  })

  it.each(pages)('%s links only to files that there are', async (page) => {
    const links = [...(await text(page)).matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, target = '']) => target)
    expect(links.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([])
  })

  it.each(pages)('%s links only to headings that there are', async (page) => {
    const links = [...(await text(page)).matchAll(/\]\((?!\w+:)([^)#]*)#([^)]+)\)/g)]
    for (const [, file = '', anchor = ''] of links) {
      const target = file === '' ? page : join(dirname(page), file.trim())
      expect(anchorsOf(await text(target)), `${target}#${anchor}`).toContain(anchor)
    }
  })

  it.each(pages)('%s names only files of this project that there are', async (page) => {
    const folders = /`((?:src|test|views|scripts|config|examples|bench|bin|docs)\/[\w./-]+)`/g
    const named = [...(await text(page)).matchAll(folders)].map(([, path = '']) => path)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })
})

it.each([
  ['docs', 30, ['README.md', 'decisions/0*']],
  ['docs/decisions', 30, ['README.md']],
])('%s/README.md leads to every page', async (folder, several, exclude) => {
  const index = await text(`${folder}/README.md`)
  const pages = globSync('**/*.md', { cwd: join(root, folder), exclude })
  expect(pages.length).toBeGreaterThan(several)
  expect(pages.filter((page) => !index.includes(`](${page})`))).toEqual([])
})

/** As GitHub makes them of headings. */
const anchorsOf = (page: string): readonly string[] =>
  [...page.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

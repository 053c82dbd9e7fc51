import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }

/** The handful of files directly in src/: the words everybody shares. */
const words = '.'
const nouns = [
  ...[
    'accounts',
    'clients',
    'sources',
    'roles',
    'applications',
    'apis',
    'portals',
    'keys',
    'sessions',
    'audit',
    'traces',
  ],
  ...['mapping', 'admission', 'tokens'],
]
const features = ['issuer', 'signin', 'logout', 'gateway', 'admin', 'console', 'portal']

interface Rule {
  readonly from: readonly string[]
  /** Areas whose values it may import, and so their types. */
  readonly values: readonly string[]
  /** Areas it may only `import type` from: a promise somebody else keeps is handed in as a parameter. */
  readonly types: readonly string[]
}

/** Who may import whom, besides its own area. app.ts and main.ts know everybody. */
const rules: readonly Rule[] = [
  // The catalogue of refusals is in parts, which nobody else knows.
  { from: [words], values: ['reasons'], types: [] },
  // Nouns speak of one another, but only the audit log and the mapping's pure rules are called by name.
  { from: nouns, values: [words, 'audit', 'mapping'], types: nouns },
  // A client and an API name the sources they accept, by id or alias.
  { from: ['clients', 'apis'], values: ['sources'], types: [] },
  // An application has a client of its own, made by the rules that every client is made by.
  { from: ['applications'], values: ['clients'], types: [] },
  { from: ['config', 'outbound'], values: [words], types: [] },
  { from: ['http'], values: [words, 'views'], types: ['config'] },
  { from: features, values: [words, ...nouns, 'http', 'views'], types: ['config', 'outbound'] },
  { from: ['operations'], values: [words, ...nouns, 'http'], types: ['config', 'outbound'] },
  { from: ['connectors'], values: [words, ...nouns, 'outbound'], types: [] },
  { from: ['stores'], values: [words, ...nouns], types: [...features, 'operations'] },
  { from: ['startup'], values: [words, ...nouns], types: ['config'] },
  { from: ['cli'], values: [words, ...nouns, 'config'], types: [] },
  // A page has words for every reason code, and the compiler counts them.
  { from: ['views'], values: [], types: [words] },
]
/** The composition root, which app.ts begins; and main.ts. */
const roots = ['src/app.ts', 'src/main.ts', 'src/assembly/', 'src/cli/open.ts']

/** Where each library may appear, by the beginning of the path. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  'oidc-provider': ['src/issuer/'],
  'openid-client': ['src/connectors/oidc/'],
  kysely: ['src/stores/sql/'],
  pg: ['src/stores/sql/'],
  'node:sqlite': ['src/stores/sql/'],
  ioredis: ['src/stores/redis/'],
  undici: ['src/outbound/'],
  re2js: ['src/mapping/'],
  yaml: ['src/config/', 'src/cli/'],
  pino: ['src/log.ts'],
  jose: ['src/keys/', 'src/tokens/', 'src/issuer/', 'src/connectors/'],
  'ipaddr.js': ['src/http/', 'src/outbound/', 'src/signin/', 'src/gateway/'],
  ...Object.fromEntries(
    ['koa', '@koa/router', 'koa-mount'].map((name) => [
      name,
      ['src/app.ts', 'src/assembly/', 'src/http/', 'src/operations/', ...features.map((feature) => `src/${feature}/`)],
    ]),
  ),
  ...Object.fromEntries(
    ['schema', 'x509', 'rsa'].map((name) => [`@peculiar/asn1-${name}`, ['src/connectors/certificate/']]),
  ),
  'rate-limiter-flexible': ['src/gateway/'],
  'd3-scale': ['views/console/'],
  otpauth: ['src/accounts/'],
  '@simplewebauthn/server': ['src/accounts/'],
  '@simplewebauthn/browser': ['views/'],
  'htmx.org': ['views/'],
  uqr: ['views/'],
  zod: ['src/'],
  'prom-client': ['src/operations/'],
  ...Object.fromEntries(
    ['api', 'sdk-trace', 'resources', 'exporter-trace-otlp-http'].map((name) => [
      `@opentelemetry/${name}`,
      ['src/operations/'],
    ]),
  ),
}
/** Libraries whose types are standards' words, or ours already. */
const typesAnywhere: Readonly<Record<string, readonly string[]>> = { jose: ['src/'], koa: ['src/interaction.ts'] }

interface Import {
  readonly target: string
  readonly typeOnly: boolean
}

const names = String.raw`(?:[\w$]+|\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})`
const statement = new RegExp(
  String.raw`^(?:import|export)\s+(type\s+)?(${names}(?:\s*,\s*${names})?)\s*from\s*'([^']+)'`,
  'gm',
)
const bare = /^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm

function importsOf(source: string): readonly Import[] {
  const stated = [...source.matchAll(statement)].map(([, type, what = '', target = '']) => {
    const members = what.startsWith('{')
      ? what
          .slice(1, -1)
          .split(',')
          .map((name) => name.trim())
      : [what]
    const allTypes = members.filter((name) => name !== '').every((name) => name.startsWith('type '))
    return { target, typeOnly: type !== undefined || allTypes }
  })
  return [...stated, ...[...source.matchAll(bare)].map(([, a, b]) => ({ target: a ?? b ?? '', typeOnly: false }))]
}

/** `src/stores/sql/x.ts` is in `stores`, `views/signin/x.ts` in `views`. */
function area(file: string): string {
  const [top = '', first = '', ...rest] = file.split('/')
  if (top !== 'src') return top
  return rest.length > 0 ? first : words
}

function problemsOf(file: string, source: string): readonly string[] {
  return importsOf(source)
    .filter((found) => !isAllowed(file, found))
    .map(({ target, typeOnly }) => `${file} -> ${target}${typeOnly ? ' (type)' : ''}`)
}

function isAllowed(file: string, { target, typeOnly }: Import): boolean {
  if (target.startsWith('.')) return mayReach(file, area(join(dirname(file), target)), typeOnly)
  if (target.startsWith('#views/')) return mayReach(file, 'views', typeOnly)
  const library = Object.keys(libraries).find((name) => target === name || target.startsWith(`${name}/`))
  if (!library) return target.startsWith('node:')
  const places = [...(libraries[library] ?? []), ...(typeOnly ? (typesAnywhere[library] ?? []) : [])]
  return places.some((place) => file.startsWith(place))
}

function mayReach(file: string, to: string, typeOnly: boolean): boolean {
  const from = area(file)
  if (from === to || roots.some((root) => file.startsWith(root))) return true
  return rules.some(
    ({ from: areas, values, types }) =>
      areas.includes(from) && (values.includes(to) || (typeOnly && types.includes(to))),
  )
}

const files = globSync('{src,views}/**/*.ts').map((file) => ({ file, source: readFileSync(file, 'utf8') }))

describe('imports', () => {
  it('only point the way ARCHITECTURE.md says', () => {
    expect(files.flatMap(({ file, source }) => problemsOf(file, source))).toEqual([])
  })

  it('are all seen: as many as there are lines that end one', () => {
    for (const { file, source } of files) {
      const ends = source.match(/^(?:(?:import|export)\s.*|\} )from '[^']+'$/gm) ?? []
      expect(importsOf(source).length, file).toBeGreaterThanOrEqual(ends.length)
    }
    expect(files.flatMap(({ source }) => importsOf(source)).length).toBeGreaterThan(100)
  })

  it.each([
    ['a feature another feature', 'src/signin/routes.ts', "import { issue } from '../issuer/issue.ts'"],
    ['a feature another feature’s types', 'src/signin/routes.ts', "import type { Issuer } from '../issuer/issue.ts'"],
    ['a noun a feature', 'src/sources/sources.ts', "import type { Issuer } from '../issuer/issue.ts'"],
    ['a noun another noun’s values', 'src/sources/sources.ts', "import { add } from '../accounts/accounts.ts'"],
    ['a word a noun', 'src/errors.ts', "import type { Source } from './sources/source.ts'"],
    ['anybody a store', 'src/signin/routes.ts', "import { store } from '../stores/sql/store.ts'"],
    ['anybody a connector', 'src/sources/sources.ts', "export * from '../connectors/catalog.ts'"],
    ['a view the server', 'views/login.ts', "import { reasons } from '../src/reasons.ts'"],
    ['a view a noun’s types', 'views/login.ts', "import type { Source } from '../src/sources/source.ts'"],
    ['a noun a view', 'src/sources/sources.ts', "import { page } from '#views/layout.ts'"],
    ['anybody the tests', 'src/app.ts', "import { fake } from 'test/support/fake.ts'"],
    ['anybody the OpenID provider', 'src/tokens/claims.ts', "import type { Provider } from 'oidc-provider'"],
    ['anybody a part of a library', 'src/issuer/adapter.ts', "import { Migrator } from 'kysely/migration'"],
    ['over several lines', 'src/signin/routes.ts', "import {\n  type A,\n  issue,\n} from '../issuer/issue.ts'"],
    ['for its effects', 'src/signin/routes.ts', "import '../issuer/issue.ts'"],
    ['when it runs', 'src/signin/routes.ts', "const issuer = await import('../issuer/issue.ts')"],
    ['a library nobody decided on', 'src/signin/routes.ts', "import _ from 'lodash'"],
  ])('may not be: %s', (_, file, source) => {
    expect(problemsOf(file, source)).toHaveLength(1)
  })

  it.each([
    ['a noun another noun’s types', 'src/sources/sources.ts', "import type { Account } from '../accounts/account.ts'"],
    [
      'types among others',
      'src/sources/sources.ts',
      "import { type Account, type Link } from '../accounts/account.ts'",
    ],
    ['a feature a page', 'src/signin/routes.ts', "import { loginView } from '#views/signin/login.ts'"],
    ['the composition root everybody', 'src/app.ts', "import { createIssuer } from './issuer/issuer.ts'"],
  ])('may be: %s', (_, file, source) => {
    expect(importsOf(source)).toHaveLength(1)
    expect(problemsOf(file, source)).toEqual([])
  })
})

it('every dependency has its place', () => {
  expect(Object.keys(packageJson.dependencies).filter((name) => !(name in libraries))).toEqual([])
})

it('what a file exports, another one imports', () => {
  const speakers = new Map<string, Set<string>>()
  for (const file of globSync('{src,views,test,scripts,bench,examples}/**/*.{ts,mjs}'))
    for (const [word] of readFileSync(file, 'utf8').matchAll(/\w+/g))
      speakers.set(word, (speakers.get(word) ?? new Set()).add(file))
  const alone = files.flatMap(({ file, source }) =>
    [...source.matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => speakers.get(name)?.size === 1)
      .map((name) => `${file}: ${name}`),
  )
  expect(alone).toEqual([])
})

it('no file has more than 300 lines', () => {
  const long = files.filter(({ source }) => source.split('\n').length > 301)
  expect(long.map(({ file }) => file)).toEqual([])
})

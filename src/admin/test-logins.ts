import { z } from 'zod'
import { signInProblem } from '../connector.ts'
import { invalidInput, parseInput } from '../input.ts'
import { reasons } from '../reasons.ts'
import { SourceInput, sourceInput } from '../sources/source-input.ts'
import type { Sources } from '../sources/sources.ts'
import type { TestLogin, TestLogins } from '../sources/test-logins.ts'
import { iso } from './collection.ts'
import { exampleIds, exampleSecret } from './examples.ts'
import { isObject, mergePatch } from './merge-patch.ts'
import type { Mount, Writing } from './operation.ts'
import { writeConfigs } from './source-configs.ts'

interface Needs {
  readonly issuer: string
  readonly sources: Sources
  readonly tests: TestLogins
}

const exampleTest = '9b1c0f7e-5a4d-4c3b-8e2f-7d6c5b4a3f2e'

const link = {
  name: 'TestLoginLink',
  schema: z.strictObject({
    id: z.uuid(),
    url: z.url().describe('Good once, for whoever opens it first. Shown this once.'),
    expires_at: z.iso.datetime(),
  }),
  example: {
    id: exampleTest,
    url: `http://localhost:3000/test-login/${exampleTest}/${exampleSecret}`,
    expires_at: '2026-02-03T04:35:06.000Z',
  },
}

const report = {
  name: 'TestLogin',
  schema: z.strictObject({
    id: z.uuid(),
    authentication_source: z.strictObject({ id: z.uuid(), alias: z.string(), name: z.string(), stored: z.boolean() }),
    client_id: z.string().nullable(),
    state: z.enum(['waiting', 'opened', 'succeeded', 'refused', 'could_not_tell']),
    reason: z.strictObject({ code: z.string(), title: z.string(), cause: z.string(), fix: z.string() }).nullable(),
    started_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    steps: z.array(
      z.strictObject({
        at: z.iso.datetime(),
        what: z.string(),
        detail: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    result: z
      .looseObject({})
      .nullable()
      .describe('What the source said, what became of it, the claims of the tokens, and allow or deny per API.'),
  }),
}

const exampleDraft = {
  alias: 'Entra',
  name: 'Microsoft',
  type: 'oidc',
  config: { issuer: 'https://login.microsoftonline.com/7f2/v2.0', client_id: '0f1e', client_secret: 'change me' },
}

const Wishes = z.strictObject({
  client_id: z.string().max(255).nullable().default(null).describe('For whom the tokens would be.'),
  source: z.record(z.string(), z.unknown()).default({}).describe('What is different from what is kept.'),
})
const DraftWishes = z.strictObject({ ...Wishes.shape, source: SourceInput })

/** Tests of the whole way through a source, with a person. Whoever may begin one could change the source as well. */
export function mountTestLogins(mount: Mount, { issuer, sources, tests }: Needs): void {
  const common = {
    tag: 'authentication-sources',
    method: 'post',
    right: 'administer',
    description: 'Nobody is signed in by it, and nothing is kept but the report, for half an hour.',
    answer: { status: 201, is: 'A link to open', shape: link },
  } as const

  const write = writeConfigs(sources.types)
  const withConfigs: Writing = (schema, saying, keep) => {
    const properties = schema.properties as Record<string, Record<string, unknown>>
    return { ...schema, properties: { ...properties, source: write(properties.source ?? {}, saying, keep) } }
  }

  const answer = async (started: ReturnType<TestLogins['start']>) => {
    const { test, secret } = await started
    return { id: test.id, url: `${issuer}/test-login/${test.id}/${secret}`, expires_at: iso(test.expiresAt) }
  }

  function requireSignIn(source: Pick<SourceInput, 'alias' | 'type'>): void {
    const message = signInProblem(source)
    if (message) throw invalidInput([{ path: 'source.type', message }])
  }

  mount(
    {
      ...common,
      id: 'testLoginOfDraft',
      path: '/authentication-sources/test-login',
      summary: 'Test a whole login through a source before it is kept',
      body: {
        schema: DraftWishes,
        described: { name: 'TestLoginDraft', schema: DraftWishes, written: withConfigs },
        example: { source: exampleDraft },
      },
      refusals: ['conflict'],
    },
    async (ctx, { actor, body }) => {
      requireSignIn(body.source)
      const source = { ...(await sources.draft(body.source)), enabled: false }
      ctx.status = 201
      ctx.body = await answer(tests.start(actor, { source, stored: false, clientId: body.client_id }))
    },
  )

  mount(
    {
      ...common,
      id: 'testLogin',
      path: '/authentication-sources/:id/test-login',
      parameters: { id: { is: 'Which authentication source', example: exampleIds.source } },
      summary: 'Test a whole login through a source that is there, switched off or not',
      body: {
        schema: Wishes,
        described: { name: 'TestLoginWishes', schema: Wishes },
        optional: true,
        example: { source: { mapping: { groups: { filter: 'Staff' } } } },
      },
    },
    async (ctx, { actor, body }) => {
      const before = await sources.get(ctx.params.id ?? '')
      requireSignIn(before)
      const changed = isObject(body.source) && Object.keys(body.source).length > 0
      const input = parseInput(SourceInput, mergePatch(sourceInput(before), body.source), 'source')
      const source = await sources.draft(input, before.id)
      ctx.status = 201
      ctx.body = await answer(tests.start(actor, { source, stored: !changed, clientId: body.client_id }))
    },
  )

  mount(
    {
      ...{ tag: 'authentication-sources', id: 'getTestLogin', method: 'get', right: 'administer' },
      path: '/authentication-sources/test-logins/:test',
      parameters: { test: { is: 'Which test', example: exampleTest } },
      summary: 'Show how a test login went',
      answer: { status: 200, is: 'As far as it has come', shape: report },
    },
    async (ctx) => {
      ctx.body = view(await tests.get(ctx.params.test ?? ''))
    },
  )
}

function view({ id, source, stored, clientId, state, reason, steps, result, ...times }: TestLogin) {
  const { title = '', cause = '', fix = '' } = reason ? reasons[reason] : {}
  return {
    id,
    authentication_source: { id: source.id, alias: source.alias, name: source.name, stored },
    client_id: clientId,
    state,
    reason: reason && { code: reason, title, cause, fix },
    started_at: iso(times.startedAt),
    expires_at: iso(times.expiresAt),
    steps: steps.map(({ at, what, detail }) => ({ at: iso(at), what, ...(detail && { detail }) })),
    result,
  }
}

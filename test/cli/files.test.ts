// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how files write variables.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDesired } from '../../src/cli/desired.ts'
import { knownSourceTypes } from '../../src/cli/open.ts'
import { FilesProblem } from '../../src/cli/problems.ts'
import { silent } from '../../src/log.ts'
import { aPlace, oneOfEach, type Place, secrets } from './run.ts'

const sourceTypes = knownSourceTypes(silent)
let place: Place
beforeAll(async () => {
  place = await aPlace()
})
afterAll(() => place[Symbol.asyncDispose]())

const read = async (content: unknown, environment: Readonly<Record<string, string>> = {}, withSecrets = true) =>
  readDesired([await place.file('registry.yaml', content)], { sourceTypes, environment, withSecrets })

const problemsOf = async (...given: Parameters<typeof read>) => {
  const error: unknown = await read(...given).catch((thrown: unknown) => thrown)
  if (!(error instanceof FilesProblem)) throw error
  return error.problems.map(({ line, path, message }) => ({ line, path, message }))
}

describe('a file of the registry', () => {
  it('is told everything that is wrong with it at once, with lines and paths', async () => {
    const text = `clinets: []
roles:
  - name: nurse
  - nam: doctor
apis:
  - slug: Not A Slug
    name: Patients
portals: {}
`
    expect(await problemsOf(text)).toEqual([
      { line: 1, path: 'clinets', message: expect.stringContaining('is not a kind; there are roles, ') },
      { line: 8, path: 'portals', message: 'must be a list' },
      { line: 4, path: 'roles.1.name', message: expect.any(String) },
      { line: 4, path: 'roles.1.nam', message: 'is not a known member' },
      { line: 6, path: 'apis.0.slug', message: expect.stringContaining('lower-case') },
    ])
  })

  it('names one thing once', async () => {
    const [problem] = await problemsOf({ roles: [{ name: 'nurse' }, { name: 'nurse' }] })
    expect(problem?.message).toMatch(/^nurse stands at .*:2 already$/)
  })

  it('that is broken is not quoted', async () => {
    const problems = await problemsOf('clients: [{ client_secret: "hunter22')
    expect(problems).toEqual([
      { line: expect.any(Number), path: '', message: expect.stringMatching(/^is not valid YAML: [A-Z_]+$/) },
    ])
  })

  it('has secrets by reference, from variables and files; one that is written into it is remarked upon', async () => {
    await place.file('web-app', 'a secret with a line break\n'.replaceAll(' ', '-'))
    const clients = [
      { client_id: 'a', client_secret: 'env:APP_SECRET', redirect_uris: ['https://a.example/'] },
      { client_id: 'b', client_secret: 'file:web-app', redirect_uris: ['https://b.example/'] },
      { client_id: 'c', client_secret: 'written-down', redirect_uris: ['https://c.example/'] },
    ]
    const { entries, warnings } = await read({ clients }, secrets)
    const found = entries.map(({ input }) => ('client_secret' in input ? input.client_secret : undefined))
    expect(found).toEqual([secrets.APP_SECRET, 'a-secret-with-a-line-break', 'written-down'])
    expect(warnings).toMatchObject([{ path: 'clients.2.client_secret' }])
    expect(await problemsOf({ clients: clients.slice(0, 1) })).toEqual([
      { line: 3, path: 'clients.0.client_secret', message: 'the environment variable APP_SECRET is not set' },
    ])
  })

  it('is validated without its secrets', async () => {
    expect((await read(oneOfEach, {}, false)).entries).toHaveLength(11)
  })

  it('has variables in its strings, which never change what it is made of', async () => {
    const roles = [{ name: '${ROLE}', description: '${NOTHING:-none} and $${ROLE}' }]
    const { entries } = await read({ roles }, { ROLE: 'x", "client": "gatehouse' })
    expect(entries[0]?.input).toEqual({
      name: 'x", "client": "gatehouse',
      client: null,
      description: 'none and ${ROLE}',
    })
    expect(await problemsOf({ roles })).toMatchObject([{ message: 'the environment variable ROLE is not set' }, {}])
  })
})

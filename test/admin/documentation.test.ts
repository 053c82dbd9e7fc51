import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { UserInput } from '../../src/accounts/user-input.ts'
import { ApiInput } from '../../src/apis/api-input.ts'
import { ApiKeyInput, RotationInput } from '../../src/applications/api-keys.ts'
import { ApplicationInput } from '../../src/applications/application-input.ts'
import { ClientInput } from '../../src/clients/client-input.ts'
import { PortalInput } from '../../src/portals/portals.ts'
import { RoleInput } from '../../src/roles/roles.ts'
import { SourceInput } from '../../src/sources/source-input.ts'
import { outcomes, stepNames } from '../../src/traces/trace.ts'
import { startAdmin } from './start-admin.ts'

const text = readFileSync('docs/admin-api.md', 'utf8')

describe('docs/admin-api.md', () => {
  it('has commands that work as they stand', async () => {
    await using admin = await startAdmin()
    const commands = [...text.matchAll(/curl -s "\$API\/([^"]+)" [^']*'Content-Type: application\/json' -d '([^']*)'/g)]
    expect(commands).toHaveLength(4)
    for (const [, path = '', body = ''] of commands) {
      const { status, body: answer } = await admin.call('POST', path, JSON.parse(body))
      expect(status, `${path}: ${JSON.stringify(answer)}`).toBe(path.endsWith('/test') ? 200 : 201)
    }
  })

  it.each([
    ['source', Object.keys(SourceInput.shape)],
    ['client', Object.keys(ClientInput.in.shape)],
    ['application', Object.keys(ApplicationInput.shape)],
    ['key', [...Object.keys(ApiKeyInput.shape), ...Object.keys(RotationInput.shape)]],
    ['API', Object.keys(ApiInput.shape)],
    ['portal', Object.keys(PortalInput.shape)],
    ['user', Object.keys(UserInput.shape)],
    ['role', Object.keys(RoleInput.shape)],
  ])('names every member of a %s', (_, members) => {
    const missing = members.filter((member) => !text.includes(`\`${member}\``))
    expect(missing).toEqual([])
  })

  it.each([
    ['step', stepNames],
    ['outcome', outcomes],
  ])('names every %s of a trace', (_, names) => {
    const [, records = ''] = /### Records\n([\s\S]*?)\n## /.exec(text) ?? []
    expect(names.filter((name) => !records.includes(`\`${name}\``))).toEqual([])
  })
})

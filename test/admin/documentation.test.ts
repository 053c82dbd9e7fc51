import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ClientInput } from '../../src/clients/client-input.ts'
import { SourceInput } from '../../src/sources/source-input.ts'
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
  ])('names every member of a %s', (_, members) => {
    const missing = members.filter((member) => !text.includes(`\`${member}\``))
    expect(missing).toEqual([])
  })
})

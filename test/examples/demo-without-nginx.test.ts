/** The demo on a machine without nginx. With it: test/browser/story.test.ts. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startDemo } from '../../examples/start-demo.ts'

it('lets the Patient API check tokens by itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-demo-'))
  {
    await using demo = await startDemo({ ports: { broker: 0, okta: 0, app: 0, api: 0 }, folder, nginx: null })
    expect(demo.isBehindNginx).toBe(false)
    const answer = await fetch(new URL('/patients/1', demo.api))
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="Patient API"'])
    expect(answer.headers.get('x-gatehouse-reference')).toBeNull()
  }
  await rm(folder, { recursive: true, force: true })
}, 90_000)

import { describe, expect, it } from 'vitest'
import { differences, planText, stepFor } from '../../src/cli/plan.ts'

const subject = { kind: 'apis', key: 'patients' } as const

describe('a step', () => {
  it('is none where nothing differs, whatever the order of members', () => {
    const written = { name: 'Patients', rules: { a: 1, b: [1, 2] } }
    expect(stepFor(subject, written, { written: { rules: { b: [1, 2], a: 1 }, name: 'Patients' }, secrets: [] })).toBe(
      undefined,
    )
  })

  it('is a change where only a secret differs, whose value stands nowhere', () => {
    const step = stepFor(subject, {}, { written: {}, secrets: ['client_secret'] })
    expect(step).toEqual({ ...subject, action: 'change', changes: [{ path: 'client_secret', secret: true }] })
  })

  it('shows what was and what will be, by path; a list is one value', () => {
    const before = { config: { issuer: 'https://a', scopes: ['openid'], gone: 1 }, same: null }
    const after = { config: { issuer: 'https://b', scopes: ['openid', 'email'] }, same: null, hosts: ['x'] }
    expect(differences(before, after)).toEqual([
      { path: 'config.issuer', before: 'https://a', after: 'https://b' },
      { path: 'config.scopes', before: ['openid'], after: ['openid', 'email'] },
      { path: 'config.gone', before: 1 },
      { path: 'hosts', after: ['x'] },
    ])
  })
})

it('a plan is read by people: signs, members, and a sum', () => {
  const steps = [
    stepFor(subject, undefined, { written: { name: 'Patients' }, secrets: [] }),
    stepFor({ kind: 'clients', key: 'app' }, { name: 'A' }, { written: { name: 'B' }, secrets: ['client_secret'] }),
    { action: 'delete', kind: 'roles', key: 'nurse', changes: [] } as const,
  ].flatMap((step) => step ?? [])
  expect(planText(steps, 4)).toBe(`+ apis patients
    name: "Patients"
~ clients app
    name: "A" → "B"
    client_secret: ******** (changed)
- roles nurse

1 to create, 1 to change, 1 to delete, 4 as they should be.`)
})

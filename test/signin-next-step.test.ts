import { describe, expect, it } from 'vitest'
import { Mapping } from '../src/mapping/mapping.ts'
import { nextStep, type Progress, type Step, stuckBecause } from '../src/signin/next-step.ts'
import type { Source } from '../src/sources/source.ts'

const source = (alias: string): Source => ({
  ...{ id: alias, version: 1, createdAt: 0, updatedAt: 0, alias, name: alias, description: '', type: 'oidc' },
  ...{
    enabled: true,
    config: {},
    secretNames: [],
    mapping: Mapping.parse({}),
    domains: [],
    hidden: false,
    expiresAt: null,
  },
})
const okta = source('Okta')
const entra = source('Entra')

const nothing: Progress = {
  ...{ needs: 'login', offered: [], named: undefined, discoverable: false, missingScopes: [] },
  ...{ more: false, halfway: undefined, stuck: undefined },
}

describe('the next step', () => {
  it.each<[string, Partial<Progress>, Step]>([
    ['there is no source', {}, { kind: 'fail', reason: 'no_source_applies' }],
    ['there is one', { offered: [okta] }, { kind: 'prove', at: okta }],
    [
      'there are several',
      { offered: [okta, entra] },
      { kind: 'choose', from: [okta, entra], more: false, discover: false },
    ],
    [
      'there is one, and an address leads to others',
      { offered: [okta], discoverable: true },
      { kind: 'choose', from: [okta], more: false, discover: true },
    ],
    [
      'only an address leads anywhere',
      { discoverable: true },
      { kind: 'choose', from: [], more: false, discover: true },
    ],
    ['one of several is named', { offered: [okta, entra], named: entra }, { kind: 'prove', at: entra }],
    ['one that is not offered is named', { offered: [okta], named: entra }, { kind: 'prove', at: entra }],
    ['one is named, and nothing is offered', { named: entra }, { kind: 'prove', at: entra }],
    ['one is named, and an address leads to others', { named: okta, discoverable: true }, { kind: 'prove', at: okta }],
    [
      'agreement is missing',
      { needs: 'consent', missingScopes: ['email'], offered: [okta, entra] },
      { kind: 'consent', to: ['email'] },
    ],
    [
      'agreement is missing, and a source is named',
      { needs: 'consent', missingScopes: ['email'], named: okta },
      { kind: 'consent', to: ['email'] },
    ],
    ['agreement to everything is asked for again', { needs: 'consent', offered: [okta] }, { kind: 'consent', to: [] }],
    [
      'what was tried did not help',
      { offered: [okta], named: okta, stuck: 'another_person' },
      { kind: 'fail', reason: 'another_person' },
    ],
    [
      'what was tried did not help, and nothing is offered',
      { stuck: 'unmet_authentication_requirements' },
      { kind: 'fail', reason: 'unmet_authentication_requirements' },
    ],
  ])('when %s', (_, progress, step) => {
    expect(nextStep({ ...nothing, ...progress })).toEqual(step)
  })
})

describe('a login that was made and did not satisfy', () => {
  it.each([
    [['essential_acr'], 'unmet_authentication_requirements'],
    [['essential_acrs', 'id_token_hint'], 'unmet_authentication_requirements'],
    [['id_token_hint'], 'another_person'],
    [['claims_id_token_sub_value'], 'another_person'],
    [['not_admitted'], 'session_ended'],
    [['no_session'], 'session_ended'],
    [['something new'], 'session_ended'],
  ] as const)('for %j is not tried again by itself', (reasons, stuck) => {
    expect(stuckBecause({ needs: 'login', retried: true, reasons })).toBe(stuck)
    expect(stuckBecause({ needs: 'login', retried: false, reasons })).toBeUndefined()
  })

  it('is not in the way of consent', () => {
    expect(stuckBecause({ needs: 'consent', retried: true, reasons: ['op_scopes_missing'] })).toBeUndefined()
  })
})

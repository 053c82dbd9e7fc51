import { describe, expect, it } from 'vitest'
import { mapIdentity } from '../src/mapping/map-identity.ts'
import { Mapping } from '../src/mapping/mapping.ts'
import { reservedClaims } from '../src/mapping/reserved-claims.ts'

const map = (attributes: Record<string, unknown>, mapping: unknown = {}) =>
  mapIdentity({ subject: '00u1', attributes }, Mapping.parse(mapping))

const problems = (mapping: unknown): readonly string[] =>
  Mapping.safeParse(mapping).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

const rene = {
  sub: '00u1',
  name: 'Rene Klomp',
  given_name: 'Rene',
  family_name: 'Klomp',
  preferred_username: 'rene@acme.com',
  email: 'rene@acme.com',
  email_verified: true,
  groups: ['Everyone', 'Consultant'],
}

describe('claims', () => {
  it('passes the standard claims on under their own names, and nothing else', () => {
    expect(map({ ...rene, department: 'R&D', iss: 'https://acme.okta.com', shoe_size: 43 }).claims).toEqual({
      name: 'Rene Klomp',
      given_name: 'Rene',
      family_name: 'Klomp',
      preferred_username: 'rene@acme.com',
      email: 'rene@acme.com',
      email_verified: false,
      department: 'R&D',
      address: {},
    })
  })

  it('says that an address is verified only when the source says so and is trusted to', () => {
    const verified = (email_verified: unknown, trust_email: boolean) =>
      map({ ...rene, email_verified }, { trust_email }).claims.email_verified
    expect(verified(true, true)).toBe(true)
    expect(verified('true', true)).toBe(true)
    expect(verified(true, false)).toBe(false)
    expect(verified(false, true)).toBe(false)
    expect(verified('false', true)).toBe(false)
    expect(verified(undefined, true)).toBe(false)
    expect(verified(1, true)).toBe(false)
  })

  it('does not lend the verification of one address to another', () => {
    const said = { ...rene, mail: 'ceo@acme.com', mail_verified: true }
    const moved = { trust_email: true, attributes: { email: 'mail' } }
    expect(map(said, moved).claims).toMatchObject({ email: 'ceo@acme.com', email_verified: false })
    const both = { trust_email: true, attributes: { email: 'mail', email_verified: 'mail_verified' } }
    expect(map(said, both).claims).toMatchObject({ email: 'ceo@acme.com', email_verified: true })
    expect(map({ email_verified: true }, { trust_email: true }).claims.email_verified).toBe(false)
  })

  it('composes a missing name when both halves are known', () => {
    expect(map({ given_name: 'Rene', family_name: 'Klomp' }).claims.name).toBe('Rene Klomp')
    expect(map({ given_name: 'Rene' }).claims).not.toHaveProperty('name')
    expect(map({ given_name: 'Rene', family_name: 'Klomp', name: 'R. Klomp' }).claims.name).toBe('R. Klomp')
  })

  it('names people by their e-mail address, or their subject, when the source has no user name for them', () => {
    expect(map({ email: 'rene@acme.com' }).claims.preferred_username).toBe('rene@acme.com')
    expect(map({}).claims.preferred_username).toBe('00u1')
    expect(map({ preferred_username: '', email: 'rene@acme.com' }).claims.preferred_username).toBe('rene@acme.com')
  })

  it('takes a claim from another one, or from inside one', () => {
    const said = {
      upn: 'rene',
      'urn:oid:2.5.4.11': ['R&D'],
      'https://acme.com/claims': { 'cost.centre': 4711, team: { lead: true } },
      emails: [{ value: 'first@acme.com' }],
      'a.b': 'literal',
      a: { b: 'nested', c: 'only nested' },
    }
    const attributes = {
      preferred_username: 'upn',
      unit: 'urn:oid:2.5.4.11.0',
      cost_centre: 'https://acme.com/claims.cost.centre',
      lead: 'https://acme.com/claims.team.lead',
      email: 'emails.0.value',
      literal: 'a.b',
      nested: 'a.c',
      absent: 'a.b.c',
    }
    expect(map(said, { attributes }).claims).toEqual({
      preferred_username: 'rene',
      unit: 'R&D',
      cost_centre: 4711,
      lead: true,
      email: 'first@acme.com',
      literal: 'literal',
      nested: 'only nested',
      email_verified: false,
      address: {},
    })
  })

  it('looks along a path of any number of parts without doubling its work with each', () => {
    const path = Array(100).fill('a').join('.')
    const started = performance.now()
    expect(
      map({ a: { a: 'not so deep' } }, { attributes: { far: path }, groups: { claim: path } }).claims,
    ).not.toHaveProperty('far')
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('does not fall back to the claim of the same name when another was named', () => {
    expect(map(rene, { attributes: { family_name: 'surname' } }).claims).not.toHaveProperty('family_name')
  })

  it('drops what has the wrong type, and says so without the value', () => {
    const { claims, dropped } = map({
      name: 42,
      given_name: null,
      email: ['rene@acme.com', 'r@acme.com'],
      email_verified: 'yes',
      phone_number: { home: '1' },
      updated_at: '2026',
      address: '1 Main Street',
      nickname: 'n'.repeat(4097),
    })
    expect(claims).toEqual({ preferred_username: '00u1', email_verified: false, address: {} })
    expect(dropped).toEqual([
      { path: 'name', reason: 'wrong_type', value: 'number' },
      { path: 'given_name', reason: 'null', value: 'null' },
      { path: 'nickname', reason: 'too_long', value: 'string of 4097 characters' },
      { path: 'email', reason: 'wrong_type', value: 'array of 2' },
      { path: 'email_verified', reason: 'wrong_type', value: 'string of 3 characters' },
      { path: 'phone_number', reason: 'wrong_type', value: 'object' },
      { path: 'updated_at', reason: 'wrong_type', value: 'string of 4 characters' },
      { path: 'address', reason: 'wrong_type', value: 'string of 13 characters' },
    ])
  })

  it('keeps the parts of an address that are text', () => {
    const address = { street_address: 'Main Street 1', postal_code: 1012, country: 'NL', planet: 'Earth' }
    const { claims, dropped } = map({ address })
    expect(claims.address).toEqual({ street_address: 'Main Street 1', country: 'NL' })
    expect(dropped).toEqual([{ path: 'address.postal_code', reason: 'wrong_type', value: 'number' }])
    expect(map({ where: { country: 'NL' } }, { attributes: { address: 'where' } }).claims.address).toEqual({
      country: 'NL',
    })
  })

  it('keeps custom claims within bounds', () => {
    const attributes = { deep: 'deep', long: 'long', wide: 'wide', mixed: 'mixed', plan: 'plan' }
    const { claims, dropped } = map(
      {
        deep: { a: { b: { c: { d: 1 } } } },
        long: Array.from({ length: 201 }, () => 'x'),
        wide: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`m${index}`, index])),
        mixed: ['a', null, 3, true],
        plan: { tier: 'gold', seats: 5 },
      },
      { attributes },
    )
    expect(claims.deep).toEqual({ a: { b: {} } })
    expect(claims.mixed).toEqual(['a', 3, true])
    expect(claims.plan).toEqual({ tier: 'gold', seats: 5 })
    expect(claims).not.toHaveProperty('long')
    expect(claims).not.toHaveProperty('wide')
    expect(dropped).toEqual([
      { path: 'deep.a.b.c', reason: 'too_deep', value: 'object' },
      { path: 'long', reason: 'too_many', value: 'array of 201' },
      { path: 'wide', reason: 'too_many', value: 'object' },
      { path: 'mixed.1', reason: 'null', value: 'null' },
    ])
  })

  it('makes at most a hundred claims', () => {
    const names = Array.from({ length: 100 }, (_, index) => `c${index}`)
    const attributes = Object.fromEntries(names.map((name) => [name, name]))
    const { claims, dropped } = map({ ...rene, ...attributes }, { attributes })
    const own = ['preferred_username', 'email_verified', 'address']
    expect(Object.keys(claims).filter((name) => !own.includes(name)).length).toBeLessThanOrEqual(100)
    expect(dropped.map(({ reason }) => reason)).toContain('too_many')
    expect(problems({ attributes: { ...attributes, one: 'more' } })).toEqual([
      'attributes: must have at most 100 members',
    ])
  })
})

describe('groups', () => {
  const groups = (said: unknown, filter = '.*') => map({ groups: said }, { groups: { filter } })

  it('keeps the order and drops repetitions', () => {
    expect(groups(['b', 'a', 'b']).groups).toEqual(['b', 'a'])
    expect(groups('Staff').groups).toEqual(['Staff'])
    expect(groups(undefined)).toMatchObject({ groups: [], dropped: [], overage: false })
  })

  it.each([
    ['Staff|Consultant', ['Staff', 'Consultant']],
    ['Staff', ['Staff']],
    ['(?i)staff', ['Staff']],
    ['app-.*', ['app-one', 'app-two']],
    ['^Staff$', ['Staff']],
    ['', []],
  ])('matches whole names: %s', (filter, expected) => {
    const said = ['Staff', 'Staffing', 'NoStaff', 'Consultant', 'app-one', 'app-two', 'my-app-one']
    expect(groups(said, filter).groups).toEqual(expected)
  })

  it('finds them under another claim', () => {
    const mapping = { groups: { claim: 'https://acme.com/claims.teams' } }
    expect(map({ 'https://acme.com/claims': { teams: ['A'] } }, mapping).groups).toEqual(['A'])
  })

  it('SEC-080 replaces what was there before as a set', () => {
    const mapping = { groups: { filter: 'Staff|Consultant' }, roles: [{ when_group: 'Staff', role: 'staff' }] }
    const before = map({ groups: ['Staff', 'Consultant'] }, mapping)
    const after = map({ groups: ['Consultant'] }, mapping)
    expect(before).toMatchObject({ groups: ['Staff', 'Consultant'], roles: [{ name: 'staff', client: null }] })
    expect(after).toMatchObject({ groups: ['Consultant'], roles: [] })
    expect(map({}, mapping)).toMatchObject({ groups: [], roles: [] })
  })

  it.each([
    ['_claim_names', { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph' } } }],
    ['hasgroups', { hasgroups: true }],
    ['hasgroups as text', { hasgroups: 'true', groups: null }],
    ['an empty list beside a reference', { _claim_names: { groups: 'src1' }, groups: [] }],
  ])('SEC-082 says when the source sent a reference instead of groups: %s', (_, said) => {
    const mapped = map(said, { roles: [{ when_group: 'Staff', role: 'staff' }] })
    expect(mapped).toMatchObject({ groups: [], roles: [], overage: true })
    expect(mapped.dropped).toEqual([
      { path: 'groups', reason: 'overage', value: 'the source sent a reference instead of the groups' },
    ])
  })

  it('SEC-082 does not mistake a reference for another claim', () => {
    expect(map({ _claim_names: { photo: 'src1' }, groups: ['A'] }).overage).toBe(false)
    expect(map({ hasgroups: true, roles: ['A'] }, { groups: { claim: 'roles' } })).toMatchObject({
      groups: ['A'],
      overage: false,
    })
  })

  it.each([
    ['null', null, [{ path: 'groups', reason: 'null', value: 'null' }]],
    ['a number', 7, [{ path: 'groups', reason: 'wrong_type', value: 'number' }]],
    ['an object', { name: 'Staff' }, [{ path: 'groups', reason: 'wrong_type', value: 'object' }]],
    ['objects', [{ displayName: 'Staff' }], [{ path: 'groups.0', reason: 'wrong_type', value: 'object' }]],
    ['nested lists', [['Staff']], [{ path: 'groups.0', reason: 'wrong_type', value: 'array of 1' }]],
    ['a null among them', [null], [{ path: 'groups.0', reason: 'null', value: 'null' }]],
    ['a line break', ['a\nb'], [{ path: 'groups.0', reason: 'control_characters', value: 'string of 3 characters' }]],
    ['a novel', ['x'.repeat(1025)], [{ path: 'groups.0', reason: 'too_long', value: 'string of 1025 characters' }]],
  ])('SEC-082 lists groups that cannot be read: %s', (_, said, dropped) => {
    expect(groups(said)).toMatchObject({ groups: [], dropped })
  })

  it('SEC-082 keeps a thousand groups and says how many there were more', () => {
    const { groups: kept, dropped } = groups(Array.from({ length: 5000 }, (_, index) => `g${index}`))
    expect(kept).toHaveLength(1000)
    expect(dropped).toEqual([{ path: 'groups', reason: 'too_many', value: '4000 beyond the first 1000' }])
  })

  it('SEC-082 counts the limit after the filter, which is there to keep below it', () => {
    const said = [...Array.from({ length: 5000 }, (_, index) => `g${index}`), 'Staff']
    expect(groups(said, 'Staff')).toMatchObject({ groups: ['Staff'], dropped: [] })
  })

  it('SEC-082 lists a bounded number of things that were dropped', () => {
    const { dropped } = groups(Array.from({ length: 5000 }, () => null))
    expect(dropped).toHaveLength(101)
    expect(dropped.at(-1)).toEqual({ path: '', reason: 'more', value: '4900 more' })
  })
})

describe('roles', () => {
  const roles = [
    { role: 'member' },
    { when_group: 'Consultant', role: 'consultant' },
    { when_group: 'Staff', role: 'staff' },
    { when_group: 'Everyone', role: 'view-profile', client: 'account' },
    { when_group: 'Consultant', role: 'member' },
  ]

  it('gives realm and client roles by group, constant ones to everybody, each once', () => {
    expect(map(rene, { roles }).roles).toEqual([
      { name: 'member', client: null },
      { name: 'consultant', client: null },
      { name: 'view-profile', client: 'account' },
    ])
  })

  it('gives no role for a group that the filter removed', () => {
    expect(map(rene, { roles, groups: { filter: 'Everyone' } }).roles).not.toContainEqual({
      name: 'consultant',
      client: null,
    })
  })

  it('SEC-081 never takes roles from what the source says', () => {
    const mapped = map({
      ...rene,
      groups: ['admin'],
      roles: ['admin'],
      role: 'admin',
      realm_access: { roles: ['admin'] },
      resource_access: { gatehouse: { roles: ['admin'] } },
      scope: 'admin',
    })
    expect(mapped.roles).toEqual([])
    expect(Object.keys(mapped.claims).filter((name) => reservedClaims.has(name))).toEqual([])
  })

  it.each([...reservedClaims].filter((name) => name !== '__proto__'))('SEC-081 cannot be told to set %s', (name) => {
    expect(problems({ attributes: { [name]: 'name' } })).toEqual([
      `attributes.${name}: ${name} is a claim that only the broker itself can set`,
    ])
    const unchecked = { ...Mapping.parse({}), attributes: { [name]: 'evil' } }
    const { claims, dropped } = mapIdentity({ subject: '1', attributes: { evil: 'admin' } }, unchecked)
    expect(Object.hasOwn(claims, name)).toBe(false)
    expect(dropped).toEqual([{ path: name, reason: 'reserved' }])
  })
})

describe('hostile input', () => {
  it('SEC-083 runs a filter in linear time that would stall a backtracking engine', () => {
    const started = performance.now()
    const said = Array.from({ length: 100 }, (_, index) => `${'a'.repeat(1000)}${index}!`)
    expect(map({ groups: said }, { groups: { filter: '(a+)+$' } }).groups).toEqual([])
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it.each(['(x?){1000}(x?){1000}', '((a{10}){10}){10}b{900}'])(
    'SEC-083 refuses a filter that is too costly: %s',
    (filter) => {
      expect(problems({ groups: { filter } })).toEqual([
        'groups.filter: is too costly to run: use fewer or smaller repetitions ({n,m})',
      ])
    },
  )

  it.each(['(', '[z-a]', '(?=a)', '(?<=a)b', '(a)\\1', 'a{1001}'])(
    'SEC-083 refuses a filter that is not RE2: %s',
    (filter) => {
      expect(problems({ groups: { filter } })).toEqual([
        expect.stringMatching(/^groups\.filter: is not an RE2 regular expression: /),
      ])
    },
  )

  it('SEC-083 allows as many alternatives as fit', () => {
    const filter = Array.from({ length: 71 }, (_, index) => `team${index}`)
      .join('|')
      .slice(0, 500)
    expect(problems({ groups: { filter } })).toEqual([])
  })

  it('SEC-083 reads own members only', () => {
    const attributes = {
      a: '__proto__.polluted',
      b: 'constructor.name',
      c: 'name.length',
      d: 'toString',
      e: 'list.length',
      f: 'inner.__proto__.polluted',
      g: 'inner.constructor',
    }
    const said = JSON.parse(
      '{"__proto__":{"polluted":"yes"},"name":"Rene","list":["x"],"inner":{"__proto__":{"polluted":"yes"},"constructor":"own"}}',
    )
    const { claims } = map(said, { attributes })
    expect(claims).toEqual({ name: 'Rene', preferred_username: '00u1', email_verified: false, address: {} })
  })

  it('SEC-083 lets nothing a source says reach a prototype', () => {
    const said = JSON.parse(
      '{"profile_data":{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"ok":1}}',
    )
    const { claims, dropped } = map(said, { attributes: { extra: 'profile_data' } })
    expect(claims.extra).toEqual({ ok: 1 })
    expect(Object.getPrototypeOf(claims.extra)).toBe(Object.prototype)
    expect(Reflect.get({}, 'admin')).toBeUndefined()
    expect(dropped).toHaveLength(2)
    expect(Object.hasOwn(map({}, JSON.parse('{"attributes":{"__proto__":"name"}}')).claims, '__proto__')).toBe(false)
  })
})

it('says which members of a mapping are unknown or wrong', () => {
  expect(problems({ atributes: {} })).toEqual([': Unrecognized key: "atributes"'])
  expect(problems({ roles: [{ when_group: 'A' }] })).toEqual([
    'roles.0.role: Invalid input: expected string, received undefined',
  ])
})

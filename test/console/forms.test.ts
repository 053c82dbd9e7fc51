import { expect, it } from 'vitest'
import { z } from 'zod'
import { fieldsOf, inputFrom, valuesOf } from '../../src/console/forms.ts'

const Schema = z.strictObject({
  name: z.string().min(1),
  note: z.string().max(2000).default(''),
  count: z.int().optional(),
  on: z.boolean().default(true),
  kind: z.enum(['a', 'b']).default('a'),
  kinds: z.array(z.enum(['a', 'b'])).default([]),
  list: z.array(z.string()).default([]),
  certificates: z.array(z.string().max(20_000)).default([]),
  pairs: z.record(z.string(), z.string()).default({}),
  inner: z
    .strictObject({ rows: z.array(z.strictObject({ role: z.string(), client: z.string().optional() })) })
    .prefault({ rows: [] }),
  keys: z.strictObject({ keys: z.array(z.looseObject({ kty: z.string() })) }).optional(),
  secret: z.string().optional(),
})
const fields = fieldsOf(Schema, { words: {}, secrets: ['secret'], kept: ['secret'] })

it('makes of each member the field that fits it', () => {
  expect(Object.fromEntries(fields.map(({ name, kind }) => [name, kind]))).toEqual({
    ...{ name: 'text', note: 'long', count: 'number', on: 'check', kind: 'choice', kinds: 'choices', list: 'lines' },
    ...{ certificates: 'blocks', pairs: 'pairs', 'inner.rows': 'rows', keys: 'json', secret: 'secret' },
  })
})

it('says again what it shows, whatever that is, but for secrets', () => {
  const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`
  const input = {
    ...{ name: 'One', note: 'two\nlines', count: 3, on: false, kind: 'b', kinds: ['b'], list: ['x', 'y z'] },
    ...{ certificates: [pem('a'), pem('b')], pairs: { a: '1', 'b.c': '2 = 3' } },
    inner: { rows: [{ role: 'nurse' }, { role: 'admin', client: 'gatehouse' }] },
    keys: { keys: [{ kty: 'RSA', n: 'x' }] },
  }
  const form = new URLSearchParams({ ...valuesOf(fields, { ...input, secret: 'kept' }) })
  expect(form.get('secret')).toBe('')
  expect(Schema.parse(inputFrom(fields, form))).toEqual(input)
})

it('does not say what is left empty, removes a secret only when told, and leaves mistakes to the schema', () => {
  expect(inputFrom(fields, new URLSearchParams({ note: '', list: ' \n ', secret: '' }))).toEqual({
    on: false,
    kinds: [],
    inner: { rows: [] },
  })
  expect(inputFrom(fields, new URLSearchParams({ 'secret:remove': 'on' })).secret).toBeNull()
  expect(inputFrom(fields, new URLSearchParams({ count: 'many' })).count).toBe('many')
})

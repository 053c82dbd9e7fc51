import { describe, expect, it } from 'vitest'
import { parseCompactJwt } from '../../src/tokens/compact-jwt.ts'

const encode = (text: string) => Buffer.from(text).toString('base64url')
const read = (payload: string) => parseCompactJwt(`${encode('{"alg":"RS256"}')}.${encode(payload)}.c2ln`)?.payload

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

describe('JSON that can be read in one way', () => {
  it.each([
    '{}',
    ' { "a" : 1 , "b":[ ] } ',
    String.raw`{"a":"\"","b":"\\","c":"\\\"","d":""}`,
    String.raw`{"a":"\":\"a\":","b":["x",":"],"c":"}{"}`,
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
    '{"__proto__":{"a":1},"a":{"__proto__":null}}',
    String.raw`{"":1,"\u0061":2,"\\u0061":3}`,
    nested(20),
    `{"a":${'['.repeat(19)}${']'.repeat(19)}}`,
  ])('is read: %s', (json) => {
    expect(JSON.stringify(read(json))).toBe(JSON.stringify(JSON.parse(json)))
  })

  it.each([
    '{"a":1,"a":1}',
    String.raw`{"a":1,"\u0061":2}`,
    '{"a":1,"b":{"c":1,"d":[{"e":1,"e":2}]}}',
    '{"a":{"b":1},"a":{}}',
    '{"a":{},"c":1,"a":{"b":1}}',
    '{"__proto__":1,"__proto__":2}',
    String.raw`{"a\"":1,"a\"" : 2}`,
    '{"":1, "":1}',
    nested(21),
    `{"a":${'['.repeat(20)}${']'.repeat(20)}}`,
    `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
  ])('is nothing: %s', (json) => {
    expect(() => JSON.parse(json)).not.toThrow()
    expect(read(json)).toBeUndefined()
  })
})

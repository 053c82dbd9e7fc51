import { describe, expect, it } from 'vitest'
import { type ReasonCode, reasons } from '../../src/reasons.ts'
import { de } from '../../views/words/console/de.ts'
import { en } from '../../views/words/console/en.ts'
import { reasonWords } from '../../views/words/reasons.ts'

type Tree = { readonly [name: string]: unknown }

/** `frame.areas.keys`, for every word there is. */
const pathsIn = (tree: Tree, below = ''): readonly string[] =>
  Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? pathsIn(value as Tree, `${below}${name}.`) : [below + name],
  )

const textsIn = (tree: Tree): readonly string[] =>
  Object.values(tree).flatMap((value) => {
    if (typeof value === 'string') return [value]
    return typeof value === 'object' && value !== null ? textsIn(value as Tree) : []
  })

describe('the words of the reasons', () => {
  it.each(Object.entries(reasons))('of %s are there in German: title, cause and what to do', (code, english) => {
    const german = reasonWords(code as ReasonCode, english, 'de')
    for (const member of ['title', 'cause', 'fix'] as const) expect(german[member]).not.toBe(english[member])
  })
})

describe('the words of the console', () => {
  it('are as many in German as in English, name by name', () => {
    expect(pathsIn(de).toSorted()).toEqual(pathsIn(en).toSorted())
  })

  it('are never empty, and use no exclamation marks', () => {
    for (const [language, tree] of Object.entries({ en, de })) {
      for (const text of textsIn(tree)) expect(text, language).toMatch(/^[^!]+$/)
    }
  })
})

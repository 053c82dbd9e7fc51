import { describe, expect, it } from 'vitest'
import { de } from '../../views/words/console/de.ts'
import { en } from '../../views/words/console/en.ts'

type Tree = { readonly [name: string]: unknown }

/** `frame.areas.keys`, for every word there is. */
const pathsIn = (tree: Tree, below = ''): readonly string[] =>
  Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? pathsIn(value as Tree, `${below}${name}.`) : [below + name],
  )

describe('the words of the console', () => {
  it('are as many in German as in English, name by name', () => {
    expect(pathsIn(de).toSorted()).toEqual(pathsIn(en).toSorted())
  })

  it('are never empty, and use no exclamation marks', () => {
    const at = (tree: Tree, path: string) =>
      path.split('.').reduce<unknown>((value, name) => (value as Tree)[name], tree)
    for (const [language, tree] of Object.entries({ en, de })) {
      // Names of fields have dots of their own; their values are looked at where they lie.
      const texts = pathsIn(tree).filter((path) => !path.startsWith('fields.'))
      for (const path of texts) {
        const value = at(tree, path)
        if (typeof value === 'string') expect(value, `${language} ${path}`).toMatch(/^[^!]+$/)
      }
    }
  })
})

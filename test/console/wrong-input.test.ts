/** Every form of the console, filled in wrongly: whoever reads German reads in German what is wrong. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enterConsole } from '../support/console.ts'
import { startConsole } from '../support/console-pages.ts'
import { formsIn, send } from '../support/pages.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let console_: Awaited<ReturnType<typeof startConsole>>
beforeAll(async () => {
  console_ = await startConsole()
}, 120_000)
afterAll(async () => {
  await console_[Symbol.asyncDispose]()
})

const reading = (language: 'en' | 'de'): Visitor => {
  const visitor = createVisitor()
  return {
    ...visitor,
    request: (url, init = {}) => {
      const headers = new Headers(init.headers)
      headers.set('Accept-Language', language)
      return visitor.request(url, { ...init, headers })
    },
  }
}

const nonsense = ' \u0007 http://*?#; {'

/** What somebody may write into any field, and into those for numbers. */
const mistakes = [
  { kind: 'nothing', text: '', number: '' },
  { kind: 'nonsense', text: nonsense, number: 'many' },
  { kind: 'too much', text: 'x'.repeat(3000), number: '99999999999' },
  { kind: 'too little', text: nonsense, number: '-7' },
] as const

const decoded = (text: string) =>
  text
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** Beside the fields, in cells, and in the summary on top. */
const complaintsIn = (text: string): readonly string[] => [
  ...[...text.matchAll(/<p class="wrong"[^>]*>(.*?)<\/p>/gs)].map(([, inner = '']) => decoded(inner)),
  ...[...(/id="field-problems|id="form-problems".*?<\/ul>/s.exec(text)?.[0] ?? '').matchAll(/<li>(.*?)<\/li>/gs)].map(
    ([, inner = '']) => decoded(inner.replace(/^<(?:a|code)[^>]*>.*?<\/(?:a|code)>:/s, '')),
  ),
]

/** Names of the controls that somebody can fill in, in the page's one form. */
function controlsIn(text: string): readonly { readonly name: string; readonly isNumber: boolean }[] {
  const form = /<form class="form"[^>]*novalidate.*?<\/form>/s.exec(text)?.[0] ?? ''
  const controls = form.matchAll(
    /<(?:input|select|textarea)(?![^>]*type="(?:hidden|checkbox)")[^>]* name="([^"]+)"[^>]*>/g,
  )
  return [...controls].map(([tag, name = '']) => ({ name, isNumber: tag.includes('inputmode="numeric"') }))
}

async function complaintsOf(language: 'en' | 'de') {
  const visitor = reading(language)
  const { open } = await enterConsole(console_.broker, '/admin/', {}, visitor)
  const found: { readonly name: string; readonly complaints: readonly string[] }[] = []
  for (const [page, path] of Object.entries(console_.pages)) {
    const shown = await open(path)
    const controls = controlsIn(shown.text)
    if (controls.length === 0) continue
    expect(shown.text).toContain(`<html lang="${language}"`)
    const form = formsIn(shown).find(({ action }) =>
      shown.text.includes(`<form class="form" method="post" action="${action}" novalidate`),
    )
    if (!form) continue
    for (const { kind, text, number } of mistakes) {
      const wrong = Object.fromEntries(controls.map(({ name, isNumber }) => [name, isNumber ? number : text]))
      const answer = await send(visitor, shown, form, { ...wrong, intent: 'save' })
      if (answer.status >= 400) found.push({ name: `${page}, ${kind}`, complaints: complaintsIn(answer.text) })
    }
  }
  return found
}

describe('forms that are filled in wrongly', { timeout: 240_000 }, () => {
  it('say in German what is wrong, and nothing in English', async () => {
    const english = await complaintsOf('en')
    const german = await complaintsOf('de')
    const said = new Set(english.flatMap(({ complaints }) => complaints))
    expect(german.map(({ name }) => name)).toEqual(english.map(({ name }) => name))
    expect(german.length).toBeGreaterThan(40)
    expect(said.size).toBeGreaterThan(25)
    const foreign = german.flatMap(({ name, complaints }) =>
      complaints.filter((text) => said.has(text)).map((text) => `${name}: ${text}`),
    )
    expect(foreign).toEqual([])
    // As many of them: none is lost on the way.
    expect(german.map(({ complaints }) => complaints.length)).toEqual(
      english.map(({ complaints }) => complaints.length),
    )
  })
})

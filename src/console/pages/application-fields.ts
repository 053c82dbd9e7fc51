/** The fields of an application's forms, from the schema that the admin API validates with. */
import type { Field, Group } from '#views/console/form.ts'
import type { ConsoleWords } from '#views/words/console.ts'
import { ApplicationInput } from '../../applications/application-input.ts'
import { fieldsOf } from '../forms.ts'

/** Each of the two switches is a step of its own, which tells who is affected. */
const switches: ReadonlySet<string> = new Set(['disabled_by_publisher', 'disabled_by_consumer'])
const ofSignIn: ReadonlySet<string> = new Set([
  'public',
  'application_type',
  'redirect_uris',
  'post_logout_redirect_uris',
  'web_origins',
])

export function applicationFields({ applications: words }: ConsoleWords): readonly Field[] {
  const kinds = Object.entries(words.kinds).map(([value, text]) => ({ value, text }))
  return (
    fieldsOf(ApplicationInput, { words: words.fields, options: { application_type: kinds } })
      .filter(({ name }) => !switches.has(name))
      // There may be nobody yet; somebody without an address is refused.
      .map((field) => (field.name.startsWith('owner.') ? { ...field, required: false } : field))
  )
}

export const applicationGroups = (
  { applications: words }: ConsoleWords,
  fields: readonly Field[],
): readonly Group[] => [
  { title: words.whoItIs, fields: fields.filter(({ name }) => !ofSignIn.has(name)) },
  { title: words.signIn, fields: fields.filter(({ name }) => ofSignIn.has(name)) },
]

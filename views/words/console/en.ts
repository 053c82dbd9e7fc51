/** Every word of the console, a section for each page. Sentence case; verbs on buttons; numbers instead of "some". */
import { addSource } from './en/add-source.ts'
import { applications } from './en/applications.ts'
import { events } from './en/events.ts'
import { fields } from './en/fields.ts'
import { frame } from './en/frame.ts'
import { history } from './en/history.ts'
import { kit } from './en/kit.ts'
import { mapping } from './en/mapping.ts'
import { overview } from './en/overview.ts'
import { playground } from './en/playground.ts'
import { sources } from './en/sources.ts'
import { traces } from './en/traces.ts'

export const en = {
  frame,
  kit,
  fields,
  overview,
  sources,
  addSource,
  mapping,
  applications,
  history,
  traces,
  events,
  playground,
}

/** Every word of the console, a section for each page. Sentence case; verbs on buttons; numbers instead of "some". */
import { addSource } from './en/add-source.ts'
import { apis } from './en/apis.ts'
import { applications } from './en/applications.ts'
import { clients } from './en/clients.ts'
import { events } from './en/events.ts'
import { fields } from './en/fields.ts'
import { frame } from './en/frame.ts'
import { history } from './en/history.ts'
import { keys } from './en/keys.ts'
import { kit } from './en/kit.ts'
import { mapping } from './en/mapping.ts'
import { overview } from './en/overview.ts'
import { people } from './en/people.ts'
import { playground } from './en/playground.ts'
import { portals } from './en/portals.ts'
import { recipes } from './en/recipes.ts'
import { roles } from './en/roles.ts'
import { sessions } from './en/sessions.ts'
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
  apis,
  recipes,
  history,
  traces,
  events,
  keys,
  people,
  portals,
  roles,
  sessions,
  clients,
  playground,
}

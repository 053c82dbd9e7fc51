/** Jedes Wort der Konsole auf Deutsch, nach dem Sinn übersetzt; Sie. */
import type { ConsoleWords } from '../console.ts'
import { addSource } from './de/add-source.ts'
import { apis } from './de/apis.ts'
import { applications } from './de/applications.ts'
import { clients } from './de/clients.ts'
import { events } from './de/events.ts'
import { fields } from './de/fields.ts'
import { frame } from './de/frame.ts'
import { history } from './de/history.ts'
import { keys } from './de/keys.ts'
import { kit } from './de/kit.ts'
import { mapping } from './de/mapping.ts'
import { overview } from './de/overview.ts'
import { people } from './de/people.ts'
import { playground } from './de/playground.ts'
import { portals } from './de/portals.ts'
import { recipes } from './de/recipes.ts'
import { roles } from './de/roles.ts'
import { sessions } from './de/sessions.ts'
import { sources } from './de/sources.ts'
import { traces } from './de/traces.ts'

export const de: ConsoleWords = {
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

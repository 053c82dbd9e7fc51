import type { Area } from '#views/console/frame.ts'

/** What stands in the rail, from top to bottom. Its words are in the section `frame`. */
export const areas: readonly { readonly area: Area; readonly path: string }[] = [
  { area: 'overview', path: '/' },
  { area: 'sources', path: '/sources' },
  { area: 'applications', path: '/applications' },
  { area: 'apis', path: '/apis' },
  { area: 'clients', path: '/clients' },
  { area: 'portals', path: '/portals' },
  { area: 'people', path: '/people' },
  { area: 'sessions', path: '/sessions' },
  { area: 'roles', path: '/roles' },
  { area: 'traces', path: '/traces' },
  { area: 'keys', path: '/keys' },
  { area: 'events', path: '/events' },
  { area: 'playground', path: '/playground' },
  { area: 'recipes', path: '/recipes' },
]

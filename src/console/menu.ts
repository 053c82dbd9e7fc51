import type { Area } from '#views/console/frame.ts'

/** What stands in the rail, from top to bottom. Its words are in the section `frame`. */
export const areas: readonly { readonly area: Area; readonly path: string }[] = [
  { area: 'overview', path: '/' },
  { area: 'sources', path: '/sources' },
  { area: 'applications', path: '/applications' },
  { area: 'traces', path: '/traces' },
  { area: 'events', path: '/events' },
  { area: 'playground', path: '/playground' },
]

/**
 * What of the console asks for a sign-in of lately (decision 0028): whatever can let somebody in, shut somebody out, show
 * or set a secret, or destroy. A form or a button that is not in this list does not compile.
 */
export const actions = {
  '/sources/add/:provider/connect': 'free',
  '/sources/:id/check': 'free',
  '/sources/:id/test-login': 'free',
  '/sources/:id/edit': 'asks',
  '/sources/:id/mapping': 'asks',
  '/sources/:id/enable': 'asks',
  '/sources/:id/disable': 'asks',
  '/sources/:id/remove': 'asks',
  '/applications/add': 'asks',
  '/applications/:id/edit': 'asks',
  '/applications/:id/secret': 'asks',
  '/applications/:id/enable/:side': 'asks',
  '/applications/:id/disable/:side': 'asks',
  '/applications/:id/remove': 'asks',
  '/applications/:id/keys/make': 'asks',
  '/applications/:id/keys/:key/rotate': 'asks',
  '/applications/:id/keys/:key/revoke': 'asks',
  '/apis/add': 'asks',
  '/apis/:id/edit': 'asks',
  '/apis/:id/remove': 'asks',
  '/apis/:id/access': 'free',
  '/add-client': 'asks',
  '/clients/:id/edit': 'asks',
  '/clients/:id/secret': 'asks',
  '/clients/:id/enable': 'asks',
  '/clients/:id/disable': 'asks',
  '/clients/:id/remove': 'asks',
  '/portals/add': 'asks',
  '/portals/:id/edit': 'asks',
  '/portals/:id/remove': 'asks',
  '/people/add': 'asks',
  '/people/:id/edit': 'asks',
  '/people/:id/password': 'asks',
  '/people/:id/enable': 'asks',
  '/people/:id/disable': 'asks',
  '/people/:id/end-sessions': 'asks',
  '/people/:id/unlink/:source': 'asks',
  '/people/:id/second-factors': 'asks',
  '/people/:id/erase-traces': 'asks',
  '/people/:id/remove': 'asks',
  '/sessions/:id/end': 'asks',
  '/roles/add': 'free',
  '/roles/:id/edit': 'free',
  '/roles/:id/remove': 'asks',
  '/traces/of/:account/erase': 'asks',
  '/keys/rotate': 'asks',
  '/keys/:kid/revoke': 'asks',
  '/playground/token': 'free',
} as const satisfies Readonly<Record<string, 'asks' | 'free'>>

/** Below the console, as @koa/router writes it. */
export type ActionPath = keyof typeof actions

/** Buttons of a form that only show something. */
const looking: ReadonlySet<string> = new Set(['preview', 'check', 'test'])

export const asksFirst = (path: ActionPath, form: URLSearchParams): boolean =>
  actions[path] === 'asks' && !looking.has(form.get('intent') ?? '')

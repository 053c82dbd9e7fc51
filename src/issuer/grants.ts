/** Which grant an authorization request gets: the one share of this client in this session, or an offline one. */
import type { KoaContextWithOIDC, Grant as LibraryGrant } from 'oidc-provider'
import type { ConsentStore } from '../clients/consent-store.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import { newId, newIdWithin } from '../ids.ts'
import type { Grant, GrantStore } from '../sessions/session.ts'
import { later } from './pending-writes.ts'
import type { RequestReads } from './request-reads.ts'
import { stateOf } from './request-state.ts'
import { sessionIdOf } from './session-id.ts'

interface Needs {
  readonly grants: GrantStore
  readonly reads: RequestReads
  readonly consents: Pick<ConsentStore, 'get'>
  readonly clock: Clock
  /** Milliseconds. */
  readonly offlineLifetime: number
}

export function createLoadGrant({ grants, reads, consents, clock, offlineLifetime }: Needs) {
  return async (ctx: KoaContextWithOIDC): Promise<LibraryGrant | undefined> => {
    const { session, result, provider } = ctx.oidc
    const person = stateOf(ctx).admission
    if (!session || !person || 'denied' in person) return undefined

    const wanted = wantedScopes(ctx)
    const offline = wanted.includes('offline_access')
    const consent = person.client.firstParty ? undefined : await consents.get(person.account.id, person.client.id)
    const agreed = person.client.firstParty ? wanted : wanted.filter((scope) => consent?.scopes.includes(scope))
    const sessionId = offline ? null : sessionIdOf(session.uid)
    const draft: Omit<Grant, 'expiresAt'> = {
      id: sessionId === null ? newId() : newIdWithin(sessionId),
      sessionId,
      clientId: person.client.id,
      accountId: person.account.id,
      sourceId: person.source.id,
      scopes: agreed,
      claims: [...ctx.oidc.requestParamClaims],
      resources: Object.fromEntries(
        Object.entries(ctx.oidc.resourceServers ?? {}).map(([resource, { scopes }]) => [
          resource,
          agreed.filter((scope) => scopes.has(scope)),
        ]),
      ),
    }

    // Nothing is kept until the person has agreed: the library compares this draft with what is asked for.
    const settled = agreed.length === wanted.length && (!offline || result?.consent !== undefined)
    if (!settled) return toLibrary(provider, { ...draft, expiresAt: clock() + 60_000 })
    if (draft.sessionId === null) {
      const grant = { ...draft, expiresAt: clock() + offlineLifetime }
      const add = () => grants.addOffline(grant)
      const { begun } = stateOf(ctx)
      await (begun ? later(add) : add())
      // It is signed in in this session like any other, and will be told when that ends; its grant lives on. The session is
      // asked for now: whoever shuts the person out ends their sessions first, so one of the two finds the other.
      const sessionId = sessionIdOf(session.uid)
      const nothing = { id: newIdWithin(sessionId), scopes: [], claims: [], resources: {} }
      if (await share(ctx, { ...draft, ...nothing }, sessionId, { anew: true })) return use(ctx, grant)
      await grants.remove(grant.id)
      return undefined
    }
    const grant = await share(ctx, draft, draft.sessionId)
    return grant && use(ctx, grant)
  }

  /** `undefined`: the session is not there (any more). */
  async function share(
    ctx: KoaContextWithOIDC,
    draft: Omit<Grant, 'expiresAt'>,
    sessionId: string,
    { anew = false } = {},
  ): Promise<Grant | undefined> {
    const { begun } = stateOf(ctx)
    if (begun?.session.id === sessionId) {
      const grant = { ...draft, sessionId, expiresAt: begun.session.expiresAt }
      // Stores take both in this order where they can; where they cannot, the session comes first after all.
      const open = async () => (await grants.open(grant).catch(unlessSessionEnded)) ?? anotherTry()
      const anotherTry = async () => {
        await begun.save()
        return await grants.open(grant)
      }
      await later(open)
      return grant
    }
    const { session: stay, shares } = await reads.stay(sessionId)
    if (!stay) return undefined
    const wish = { ...draft, sessionId, expiresAt: stay.expiresAt }
    const known = shares.find(({ clientId }) => clientId === wish.clientId)
    return !anew && known && covers(known, wish) ? known : await grants.open(wish).catch(unlessSessionEnded)
  }
}

/** Those that mean something: to the broker, or at an API to a client that was given them. Others are ignored (Core §3.1.2.1). */
function wantedScopes({ oidc }: KoaContextWithOIDC): readonly string[] {
  const { requestParamScopes: all, requestParamOIDCScopes: ofTheBroker, resourceServers = {} } = oidc
  const servers = Object.values(resourceServers)
  return [...all].filter((name) => ofTheBroker.has(name) || servers.some(({ scopes }) => scopes.has(name)))
}

/** Most sign-ins ask for what is granted already. */
function covers(grant: Grant, { scopes, claims, resources, expiresAt }: Grant): boolean {
  const includes = (has: readonly string[] | undefined, wants: readonly string[]) =>
    wants.every((want) => has?.includes(want))
  return (
    grant.expiresAt >= expiresAt &&
    includes(grant.scopes, scopes) &&
    includes(grant.claims, claims) &&
    Object.entries(resources).every(([name, wants]) => grant.resources[name] && includes(grant.resources[name], wants))
  )
}

/** The code that comes of it says what it stands on. */
function use(ctx: KoaContextWithOIDC, grant: Grant): LibraryGrant {
  stateOf(ctx).granted = grant
  return toLibrary(ctx.oidc.provider, grant)
}

/** The session may end between the look at it and the grant in it: then there is none, as if it had been looked for later. */
function unlessSessionEnded(error: unknown): undefined {
  if (!(error instanceof Refusal && error.code === 'session_ended')) throw error
}

type Provider = KoaContextWithOIDC['oidc']['provider']

function toLibrary(provider: Provider, grant: Grant): LibraryGrant {
  // The constructor keeps a given jti; its type only does not say so.
  const id: object = { jti: grant.id }
  const library = new provider.Grant({ ...id, clientId: grant.clientId, accountId: grant.accountId })
  library.addOIDCScope(grant.scopes.join(' '))
  library.addOIDCClaims([...grant.claims])
  for (const [resource, scopes] of Object.entries(grant.resources)) library.addResourceScope(resource, scopes.join(' '))
  return library
}

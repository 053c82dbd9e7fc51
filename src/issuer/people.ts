/**
 * Whom an OpenID request is about: the account behind a session or a token, admitted as things are now, and
 * what may be said about it.
 */
import type { FindAccount, KoaContextWithOIDC, Account as LibraryAccount } from 'oidc-provider'
import type { Admission, AdmittedPerson } from '../admission/admit.ts'
import { type Clock, seconds } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Mapped, mapIdentity } from '../mapping/map-identity.ts'
import { deviceOf } from '../sessions/device.ts'
import type { BrokerSession, Grant, SessionStore } from '../sessions/session.ts'
import { idTokenClaims, personClaims } from '../tokens/claims.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import { visibleClaims } from '../tokens/visible-claims.ts'
import type { Vault } from '../vault.ts'
import { openLogin } from './interaction-login.ts'
import { later } from './pending-writes.ts'
import type { RequestReads } from './request-reads.ts'
import { type RequestState, stateOf } from './request-state.ts'
import { sessionIdOf } from './session-id.ts'

interface Needs {
  readonly admission: Admission
  /** Of whoever has a token already. */
  readonly admitAgain: Admission['person']
  readonly reads: RequestReads
  readonly sessions: Pick<SessionStore, 'save' | 'renew' | 'touch'>
  readonly marks: Pick<MarkStore, 'blockedAt'>
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds. */
  readonly sessionIdle: number
  readonly sessionAbsolute: number
}

/** Where the person came in, and what has been granted in their name already. */
interface Behind {
  readonly sourceId: string
  readonly scopes?: readonly string[]
  /** Milliseconds; when the person proved who they are, if it was in this very sign-in. */
  readonly provenAt?: number
  /** The stay of somebody who has just signed in. */
  readonly stay?: BrokerSession
  /** It continues nothing. */
  readonly isNew?: boolean
}

type TokenSource = Parameters<FindAccount>[2]

export function createFindAccount({
  admission,
  admitAgain,
  reads,
  sessions,
  marks,
  vault,
  clock,
  log,
  sessionIdle,
  sessionAbsolute,
}: Needs): FindAccount {
  return async (ctx, accountId, token) => {
    const client = ctx.oidc.client
    if (!client) return undefined
    const state = stateOf(ctx)
    const behind = token ? await behindToken(token) : await behindSession(ctx, accountId, state)
    if (!behind) return undefined

    const { sourceId, scopes, provenAt, stay, isNew } = behind
    const admit = token ? admitAgain : admission.person
    const admitted = await admit({ accountId, clientId: client.clientId, sourceId, scopes })
    const isOvertaken = async () => provenAt !== undefined && !('denied' in admitted) && overtakes(admitted, provenAt)
    // Where a stay is new, that is asked after it was begun, in the same trip (settle.ts).
    const isLost =
      !isNew && !('denied' in admitted) && ((await isOvertaken()) || (stay && !(await sessions.renew(stay))))
    state.admission = isLost ? { denied: 'session_ended' } : admitted
    if ('denied' in state.admission) {
      state.refused = state.admission.denied
      log.info(
        { reason: state.refused, account: accountId, client: client.clientId, route: ctx.oidc.route },
        'not admitted',
      )
      // At the authorization endpoint the person may come in another way: the login prompt says so (policy.ts).
      return token ? undefined : { accountId, claims: () => ({ sub: accountId }) }
    }
    if (stay && isNew) {
      let saving: Promise<void> | undefined
      const save = () => (saving ??= sessions.save(stay))
      state.begun = { session: stay, save, overtaken: isOvertaken }
      await later(save)
    } else if (stay) reads.renewed(stay)
    return toLibraryAccount(ctx, state.admission, token)
  }

  /** A password that was changed, an account or a source that was off for a while: what was proven before is void. */
  async function overtakes({ account, source }: AdmittedPerson, provenAt: number): Promise<boolean> {
    const [accountAt, sourceAt] = await Promise.all([
      marks.blockedAt('account', account.id),
      marks.blockedAt('source', source.alias),
    ])
    // Marks know seconds only. Who comes in the second in which a source was switched on again is not sent away for it.
    const at = seconds(provenAt)
    return (accountAt !== null && at <= accountAt) || (sourceAt !== null && at < sourceAt)
  }

  /** A code or a refresh token stands on its grant, and using it keeps its session from falling asleep. */
  async function behindToken(token: NonNullable<TokenSource>): Promise<Behind | undefined> {
    const grant = token.grantId ? await reads.grant(token.grantId) : undefined
    if (!grant) return undefined
    const { sessionId } = grant
    if (sessionId && token.kind === 'RefreshToken') await later(() => sessions.touch(sessionId, clock() + sessionIdle))
    return { sourceId: grant.sourceId, scopes: scopesWithin(grant, token.scope) }
  }

  async function behindSession(
    ctx: KoaContextWithOIDC,
    accountId: string,
    state: RequestState,
  ): Promise<Behind | undefined> {
    const { session, result } = ctx.oidc
    if (!session) return undefined
    const id = sessionIdOf(session.uid)
    const isNew = 'new' in session && session.new === true
    const current = isNew ? undefined : (await reads.stay(id)).session
    const login = result && openLogin(result, vault)
    if (!login) {
      if (current) await later(() => sessions.touch(id, clock() + sessionIdle))
      return current && { sourceId: current.sourceId }
    }

    state.freshLogin = true
    const now = clock()
    const continued = current?.accountId === accountId ? current : undefined
    return {
      sourceId: login.sourceId,
      provenAt: login.madeAt,
      isNew: continued === undefined,
      stay: {
        id,
        accountId,
        sourceId: login.sourceId,
        subject: login.subject,
        upstream: login.upstream ?? null,
        startedAt: continued?.startedAt ?? now,
        device: deviceOf(ctx.get('User-Agent'), ctx.ip),
        idleUntil: now + sessionIdle,
        expiresAt: continued?.expiresAt ?? now + sessionAbsolute,
      },
    }
  }
}

/** What a token speaks for. A name that is no scope of ours may stand there, too; nobody is asked to agree to it. */
export const scopesWithin = (grant: Pick<Grant, 'scopes'>, scope: string | undefined): readonly string[] =>
  (scope ?? '').split(' ').filter((name) => grant.scopes.includes(name))

/** What is said about an admitted person to the client of this request. */
export const mappedFor = ({ client, source, identity }: AdmittedPerson, scopes: ReadonlySet<string>): Mapped =>
  visibleClaims(mapIdentity(identity, source.mapping), client, scopes)

function toLibraryAccount(ctx: KoaContextWithOIDC, person: AdmittedPerson, token: TokenSource): LibraryAccount {
  return {
    accountId: person.account.id,
    claims(use, scope) {
      const sub = person.account.id
      const mapped = mappedFor(person, new Set(scope.split(' ')))
      if (use === 'userinfo') return { sub, ...personClaims(person, mapped) }
      const uid = token && 'sessionUid' in token ? token.sessionUid : ctx.oidc.session?.uid
      const facts = { clientId: person.client.id, sessionId: uid && sessionIdOf(uid) }
      return { sub, ...idTokenClaims(facts, person, mapped) }
    },
  }
}

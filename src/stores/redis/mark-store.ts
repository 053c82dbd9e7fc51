import type { Clock } from '../../clock.ts'
import type { Blockable, Liveness, LivenessQuestion, MarkStore } from '../../tokens/liveness.ts'
import type { Changes, Moment } from './changes.ts'
import { tailOf } from './compact.ts'
import type { Connection } from './connection.ts'
import { readOffline } from './grant-store.ts'
import type { Keys } from './keys.ts'
import type { Lineage } from './lineage.ts'
import { createReadTogether } from './read-together.ts'
import type { Scripts } from './scripts.ts'
import { grantField } from './session-record.ts'
import { keptLonger, timeLeft } from './time-left.ts'

// Two marks on one thing become one: the later not-before, for the longer time.
const putScript = `
local at, till = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('GET', KEYS[1])
if kept then
  local keptAt, keptTill = string.match(kept, '^(%d+) (%d+)$')
  at, till = math.max(at, tonumber(keptAt)), math.max(till, tonumber(keptTill))
end
local left = math.max(tonumber(ARGV[3]), redis.call('PTTL', KEYS[1]))
redis.call('SET', KEYS[1], string.format('%.0f %.0f', at, till), 'PX', left)`

const blockable = ['account', 'client', 'source'] as const

interface Needs {
  readonly connection: Connection
  readonly scripts: Scripts
  readonly keys: Keys
  readonly lineage: Pick<Lineage, 'forgottenAt' | 'pulseKey' | 'requirePulse' | 'requireTrust'>
  readonly changes: Changes
  readonly clock: Clock
}

interface Mark {
  /** Seconds. */
  readonly notBefore: number
  /** Milliseconds. */
  readonly until: number
}

/** What there was in Redis, to be held against the clock. */
interface Found {
  /** In which it was. */
  readonly keys: readonly string[]
  readonly grantedUntil: number
  readonly revoked: Mark | undefined
  readonly account: Mark | undefined
  readonly client: Mark | undefined
  readonly source: Mark | undefined
}

export function createMarkStore({ connection, scripts, keys, lineage, changes, clock }: Needs): MarkStore {
  const put = async (key: string, notBefore: number, until: number) => {
    await scripts.runSurely(putScript, [key], notBefore, until, timeLeft(clock, until + keptLonger))
  }

  /** Seconds; `null`: there is none, or its time is over. */
  const standing = (mark: Mark | undefined): number | null => (mark && mark.until > clock() ? mark.notBefore : null)
  const read = async (key: string) => standing(markIn(await connection.send('get', key)))

  // In a cluster they are not in one place.
  const readAll = connection.isCluster
    ? (all: readonly string[]) => Promise.all(all.map((key) => connection.send('get', key)))
    : createReadTogether(connection)

  /** Milliseconds; when it ends, unless it is ended before. 0: there is none. */
  function grantedUntil(id: string, beside: unknown, session: readonly (string | null)[]): number {
    if (typeof beside === 'string') return readOffline(id, beside, clock())?.expiresAt ?? 0
    const [end, packed] = session
    if (!end || !packed) return 0
    const [tail, , expiresAt] = JSON.parse(packed) as readonly string[]
    return tail === tailOf(id) ? Math.min(Number(end), Number.parseInt(expiresAt ?? '', 36)) : 0
  }

  async function find({ jti, grantId, accountId, clientId, sourceAlias }: LivenessQuestion): Promise<Found> {
    const names = { account: accountId, client: clientId, source: sourceAlias }
    const kinds = blockable.filter((kind) => names[kind] !== undefined)
    // No grant goes with a store that was emptied, so that only the pulse can tell that marks may be missing.
    const beside = grantId === undefined ? lineage.pulseKey() : keys.offlineGrant(grantId)
    const wanted = [keys.revoked(jti), beside, ...kinds.map((kind) => keys.blocked(kind, names[kind] ?? ''))]
    const sessionKey = grantId === undefined ? undefined : keys.session(grantId)
    const [session, [revoked, other, ...marks]] = await Promise.all([
      sessionKey === undefined ? [] : connection.send('hmget', sessionKey, 'i', grantField(clientId)),
      readAll(wanted),
    ])
    if (grantId === undefined) lineage.requirePulse(other)
    const markOf = (kind: Blockable) => markIn(marks[kinds.indexOf(kind)])
    return {
      keys: sessionKey === undefined ? wanted : [sessionKey, ...wanted],
      grantedUntil:
        grantId === undefined
          ? Number.POSITIVE_INFINITY
          : grantedUntil(grantId, other, session as readonly (string | null)[]),
      ...{ revoked: markIn(revoked), account: markOf('account'), client: markOf('client'), source: markOf('source') },
    }
  }

  function answer(found: Found): Liveness {
    return {
      granted: found.grantedUntil > clock(),
      revoked: standing(found.revoked) !== null,
      accountBlockedAt: standing(found.account),
      clientBlockedAt: standing(found.client),
      sourceBlockedAt: standing(found.source),
      forgottenAt: lineage.forgottenAt(),
    }
  }

  const known = new WeakMap<LivenessQuestion, { readonly found: Found; readonly since: Moment }>()

  async function ask(question: LivenessQuestion): Promise<Liveness> {
    const since = question.comesAgain && changes.now()
    const found = await find(question)
    if (since) known.set(question, { found, since })
    return answer(found)
  }

  return {
    liveness(question) {
      const before = known.get(question)
      if (!before) return ask(question)
      lineage.requireTrust()
      const { found, since } = before
      const isSame = () => changes.areSame(found.keys, since)
      if (!isSame()) return ask(question)
      return changes.catchUp().then((did) => (did && isSame() ? answer(found) : ask(question)))
    },

    blockedAt: (kind, name) => read(keys.blocked(kind, name)),

    revokeToken: (jti, until) => put(keys.revoked(jti), 0, until),

    block: (kind, name, at, until) => put(keys.blocked(kind, name), at, until),
  }
}

function markIn(text: unknown): Mark | undefined {
  if (typeof text !== 'string') return undefined
  const [notBefore = 0, until = 0] = text.split(' ').map(Number)
  return { notBefore, until }
}

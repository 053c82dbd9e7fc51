/**
 * Hears from Redis what is changed there, so that what was read a moment ago need not be read again (client-side
 * caching: `CLIENT TRACKING` in broadcasting mode). One connection is told of every change, and before whoever made it
 * has their answer. So after one question on that connection, whatever it is, all is known that anybody had changed
 * before: docs/decisions/0032-redis-tells-what-has-changed.md.
 */
import type { Log } from '../../log.ts'
import { parseAddress } from './address.ts'
import { createClient, keepConnected } from './client.ts'
import type { Connection } from './connection.ts'
import { tracked } from './keys.ts'

/** A time to which later ones are compared. */
export interface Moment {
  /** How many changes had been heard of. */
  readonly heard: number
  /** Milliseconds, of a clock that never goes back. */
  readonly at: number
}

export interface Changes extends AsyncDisposable {
  /** To be asked before something is read. `undefined`: of what changes from here on nobody may be told. */
  now(): Moment | undefined
  /**
   * Whether none of these keys has been changed since then, as far as has been heard. `false` also when nobody listens
   * any more, or the moment is longer ago than a second.
   */
  areSame(keys: readonly string[], since: Moment): boolean
  /** Resolves when all has been heard of that anybody had their answer for before this was called; `false`: it cannot be. */
  catchUp(): Promise<boolean>
}

/** Milliseconds. However sure Redis is, nothing is believed for longer. */
const keptFor = 1000
/** Milliseconds. Then the keys themselves are asked for, and their time comes on top of it. */
const patience = 300
const pause = 1000
const channel = '__redis__:invalidate'

interface Needs {
  readonly url: string
  /** On which all else is asked. */
  readonly connection: Pick<Connection, 'askPrimaries' | 'onConnected' | 'onLost'>
  /** Of all keys. */
  readonly prefix: () => string
  readonly log: Log
}

export function hearChanges({ url, connection, prefix, log }: Needs): Changes {
  const client = createClient(parseAddress(url), { autoResubscribe: false, commandTimeout: patience })
  /** The prefix of the keys that are heard of; `undefined`: of none, so far. */
  let hearing: string | undefined
  let attempt = 0
  let heard = 0
  /** What was heard of last about each key, and of those before it: two spans of time, each as long as a moment is good for. */
  let recent = new Map<string, number>()
  let before = new Map<string, number>()
  let recentSince = performance.now()
  let allChangedAt = 0

  function stop(): void {
    attempt += 1
    hearing = undefined
  }

  function again(): void {
    stop()
    if (client.status === 'ready') client.disconnect(true)
  }

  async function begin(): Promise<void> {
    stop()
    const mine = attempt
    const ours = prefix()
    try {
      const [id, info] = await Promise.all([client.call('client', 'id'), client.info('server')])
      const prefixes = tracked(ours).flatMap((start) => ['prefix', start])
      await client.call('client', 'tracking', 'on', 'redirect', String(id), 'bcast', ...prefixes)
      await client.subscribe(channel)
      // Behind one name there may be another server by now.
      const [other] = await connection.askPrimaries('info', 'server')
      if (mine !== attempt) return
      if (serverOf(info) !== serverOf(other)) return lookAgain()
      heard += 1
      allChangedAt = heard
      hearing = ours
    } catch (err) {
      if (mine !== attempt) return
      if (!isRefused(err)) return lookAgain()
      log.info({ err }, 'Redis does not tell what is changed: each check of a token reads it')
    }
  }

  const lookAgain = () => void setTimeout(again, pause).unref()

  function note(keys: readonly Buffer[] | null): void {
    heard += 1
    // Nothing is left of what there was.
    if (keys === null) allChangedAt = heard
    const now = performance.now()
    if (now >= recentSince + keptFor) {
      before = now < recentSince + 2 * keptFor ? recent : new Map()
      recent = new Map()
      recentSince = now
    }
    for (const key of keys ?? []) recent.set(key.toString(), heard)
  }

  const isChanged = (key: string, { heard: then }: Moment): boolean =>
    (recent.get(key) ?? 0) > then || (before.get(key) ?? 0) > then

  let underWay: Promise<unknown> | undefined
  let shared: Promise<boolean> | undefined

  /** One question is under way at a time. */
  function catchUp(): Promise<boolean> {
    shared ??= underWay ? underWay.then(ask) : ask()
    return shared
  }

  function ask(): Promise<boolean> {
    // It leaves now, and is answered while more is looked at. Until the next tick nothing more is read, so that whoever asks
    // by then had come before it left.
    process.nextTick(() => {
      shared = undefined
    })
    const asked = pinged()
    underWay = asked
    return asked
  }

  async function pinged(): Promise<boolean> {
    try {
      await client.ping()
      return true
    } catch {
      again()
      return false
    } finally {
      underWay = undefined
    }
  }

  client.on('messageBuffer', (_channel: Buffer, keys: readonly Buffer[] | null) => note(keys))
  client.on('ready', begin)
  client.on('close', stop)
  // Whatever ails this one ails the other, too, which tells.
  client.on('error', () => {})
  connection.onLost(stop)
  connection.onConnected(again)
  const connected = keepConnected(client)
  void connected.open()

  return {
    now() {
      if (hearing === prefix()) return { heard, at: performance.now() }
      // Redis had lost what it knew: the keys of now have another one.
      if (hearing !== undefined) again()
      return undefined
    },

    areSame: (keys, since) =>
      hearing === prefix() &&
      since.heard >= allChangedAt &&
      performance.now() < since.at + keptFor &&
      (since.heard === heard || !keys.some((key) => isChanged(key, since))),

    catchUp,

    async [Symbol.asyncDispose]() {
      stop()
      await connected[Symbol.asyncDispose]()
    },
  }
}

/** Where each server of a cluster would have to be listened to. */
export const hearNothing: Changes = {
  now: () => undefined,
  areSame: () => false,
  catchUp: async () => false,
  async [Symbol.asyncDispose]() {},
}

const serverOf = (info: unknown): string => /^run_id:(\w+)/m.exec(String(info))?.[1] ?? ''

const isRefused = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError'

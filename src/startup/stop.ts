/** How a process is asked to end. */
export interface Stop {
  /** Aborted when it is to end, once load balancers have noticed. */
  readonly soon: AbortSignal
  /** Aborted when it is to end without waiting for them. */
  readonly now: AbortSignal
}

/** What the primary process tells its workers. */
export type StopMessage = 'stop soon' | 'stop now'

/**
 * SIGTERM asks to end soon, and SIGINT (Ctrl-C) now; a second SIGINT is not caught. A worker is told by its primary
 * too, and may have got the very signal itself: being asked twice is being asked once.
 */
export function listenForStop(): Stop {
  const soon = new AbortController()
  const now = new AbortController()
  const stop = (message: unknown) => {
    if (message !== 'stop soon' && message !== 'stop now') return
    if (message === 'stop now') now.abort()
    soon.abort()
  }
  process.on('SIGTERM', () => stop('stop soon'))
  process.once('SIGINT', () => stop('stop now'))
  process.on('message', stop)
  return { soon: soon.signal, now: now.signal }
}

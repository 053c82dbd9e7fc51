import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Start {
  readonly name: string
  /** Below the repository's root. */
  readonly script: string
  /** Its whole environment: a DATABASE_URL of yours must not become the demo's. */
  readonly settings: Readonly<Record<string, string>>
  /** Where it writes what it has to say. */
  readonly log: string
  /** An address that answers once it is ready. */
  readonly ready: URL
}

export interface Child extends AsyncDisposable {
  /** Resolves, with a sentence about it, when the process ends. */
  readonly ended: Promise<string>
}

/** A Node.js process of its own. Resolves when it is ready; rejects when it ends or is silent for half a minute. */
export async function startChild({ name, script, settings, log, ready }: Start): Promise<Child> {
  const output = await open(log, 'w', 0o600)
  const child = spawn(process.execPath, ['--import', './examples/end-with-parent.ts', script], {
    cwd: root,
    env: { ...settings },
    stdio: ['pipe', output.fd, output.fd],
    // Ctrl-C at the terminal is for the demo, which then ends its children.
    detached: true,
  })
  await output.close()

  const exit = once(child, 'exit')
  const ended = exit.then(async ([code, signal]) => {
    const lastWords = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-20).join('\n')
    return `${name} has ended (${signal ?? `exit code ${code}`}). The end of ${log}:\n\n${lastWords}`
  })

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const patience = setTimeout(() => child.kill('SIGKILL'), 5000)
    await exit
    clearTimeout(patience)
  }

  const giveUp = new AbortController()
  try {
    const failure = await Promise.race([
      ended,
      answers(ready, AbortSignal.any([giveUp.signal, AbortSignal.timeout(30_000)])),
    ])
    if (failure) throw new Error(failure)
  } catch (error) {
    await stop()
    throw error
  } finally {
    giveUp.abort()
  }
  return { ended, [Symbol.asyncDispose]: stop }
}

async function answers(url: URL, signal: AbortSignal): Promise<undefined> {
  while (!signal.aborted) {
    const status = await fetch(url, { redirect: 'manual', signal }).then(
      (answer) => answer.status,
      () => undefined,
    )
    if (status !== undefined && status < 500) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${url} did not answer in time`)
}

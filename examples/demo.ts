/** `npm run demo`: the whole story on this machine, without a network. Ctrl-C ends it. */
import { once } from 'node:events'
import { relative } from 'node:path'
import { startDemo } from './start-demo.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())

await using demo = await startDemo()

const guard = demo.isBehindNginx
  ? 'behind nginx, which puts every request to Gatehouse first'
  : 'which checks tokens by itself; with nginx on this machine, Gatehouse would be asked first'

console.log(`
  Open the web application and sign in, first as the one, then as the other:

    ${demo.app}

    user name   password
    rene        rene        a consultant, for whom the patient's number is hidden
    john        john        staff, who sees it

  What is running besides

    Gatehouse, the broker   ${new URL('/.well-known/openid-configuration', demo.broker)}
    a stand-in for Okta     ${new URL('/.well-known/openid-configuration', demo.okta)}
    the Patient API         ${new URL('/patients/1', demo.api)}
                            ${guard}

  Database and logs are in ${relative('.', demo.folder)}. Ctrl-C ends everything.
`)

const stopped = stop.signal.aborted ? undefined : once(stop.signal, 'abort').then(() => undefined)
const failure = await Promise.race([demo.failed, stopped])
if (failure) {
  console.error(`${failure}\n`)
  process.exitCode = 1
}

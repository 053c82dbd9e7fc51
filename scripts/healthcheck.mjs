/**
 * Asks the broker on this machine how it is, for container engines: `node scripts/healthcheck.mjs live|ready`. Ends
 * with 1 unless it is well. Reads the environment variables that the broker reads.
 */
const { HOST, PORT, GATEHOUSE_ISSUER } = process.env
const host = !HOST || HOST === '0.0.0.0' || HOST === '::' ? '127.0.0.1' : HOST
const base = GATEHOUSE_ISSUER ? new URL(GATEHOUSE_ISSUER).pathname.replace(/\/$/, '') : ''
const address = `http://${host.includes(':') ? `[${host}]` : host}:${PORT || 3000}${base}/health/${process.argv[2] ?? 'live'}`

try {
  const answer = await fetch(address, { signal: AbortSignal.timeout(2500) })
  console.log(await answer.text())
  process.exitCode = answer.ok ? 0 : 1
} catch (error) {
  console.log(`${address} does not answer: ${error.cause?.message ?? error.message}`)
  process.exitCode = 1
}

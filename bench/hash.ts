/** What one hash of a password costs by itself, in milliseconds of processor time: `node bench/hash.ts SECONDS`. */
import { argon2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)
/** Of new passwords (src/connectors/local/password-hash.ts). */
const hash = () =>
  derive('argon2id', {
    message: 'password',
    nonce: randomBytes(16),
    memory: 19_456,
    passes: 2,
    parallelism: 1,
    tagLength: 32,
  })

for (let times = 0; times < 3; times++) await hash()
const begin = process.cpuUsage()
const until = performance.now() + Number(process.argv[2] ?? 2) * 1000
let done = 0
while (performance.now() < until) {
  await hash()
  done += 1
}
const { user, system } = process.cpuUsage(begin)
console.log((user + system) / 1000 / done)

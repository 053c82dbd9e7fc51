// node fetch-keys.mjs http://localhost:3000 /etc/haproxy
//
// Writes the broker's public keys to gatehouse-1.pem … gatehouse-3.pem: the one that signs, the next, and the last one.
// The next is published long before it signs: run this daily, and reload HAProxy when it says that something changed.
import { createPublicKey } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const [issuer, folder] = process.argv.slice(2)
const answer = await fetch(`${issuer}/jwks`)
if (!answer.ok) throw new Error(`${issuer}/jwks answered ${answer.status}`)
const { keys } = await answer.json()
const pems = keys
  .filter(({ kty }) => kty === 'RSA')
  .map((key) => createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }))
if (pems.length === 0 || pems.length > 3) throw new Error(`${pems.length} RSA keys instead of one to three`)

for (const number of [1, 2, 3]) {
  const file = join(folder, `gatehouse-${number}.pem`)
  // HAProxy wants every file, so where there are fewer keys the first comes again.
  const pem = pems[number - 1] ?? pems[0]
  if ((await readFile(file, 'utf8').catch(() => '')) === pem) continue
  await writeFile(`${file}.new`, pem)
  await rename(`${file}.new`, file)
  console.log(`${file} changed`)
}

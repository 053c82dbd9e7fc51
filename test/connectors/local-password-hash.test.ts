import { expect, it } from 'vitest'
import { createPasswordHasher } from '../../src/connectors/local/password-hash.ts'

const passwords = createPasswordHasher()

it('knows a password again, and no other', async () => {
  const phc = await passwords.hash('correct horse battery')
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(await passwords.verify('correct horse battery', phc)).toBe(true)
  expect(await passwords.verify('correct horse batterz', phc)).toBe(false)
  expect(await passwords.verify('', phc)).toBe(false)
  expect(await passwords.verify('correct horse battery', null)).toBe(false)
  expect(passwords.outdated(phc)).toBe(false)
})

it('salts', async () => {
  expect(await passwords.hash('correct horse battery')).not.toBe(await passwords.hash('correct horse battery'))
})

it('knows a password however its letters were composed', async () => {
  const phc = await passwords.hash('élève'.normalize('NFD'))
  expect(await passwords.verify('élève'.normalize('NFC'), phc)).toBe(true)
})

// Made by the reference implementation: echo -n password | argon2 somesalt -id -v 13 -t 2 -k 65536 -p 1 -l 32
const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

it('reads what others wrote, and says that it was made otherwise', async () => {
  expect(await passwords.verify('password', reference)).toBe(true)
  expect(await passwords.verify('passwore', reference)).toBe(false)
  expect(passwords.outdated(reference)).toBe(true)
})

it.each([
  ['too much memory', reference.replace('m=65536', 'm=131073')],
  ['absurd memory', reference.replace('m=65536', 'm=4194304')],
  ['too little memory', reference.replace('m=65536', 'm=7')],
  ['too many passes', reference.replace('t=2', 't=11')],
  ['no pass', reference.replace('t=2', 't=0')],
  ['too many lanes', reference.replace('p=1', 'p=5')],
  ['another function', reference.replace('argon2id', 'argon2i')],
  ['another version', reference.replace('v=19', 'v=16')],
  ['an endless hash', `${reference}${'A'.repeat(100)}`],
  ['no hash', ''],
])('SEC-084 does not compute a stored hash with %s, nor call the password wrong', async (_, phc) => {
  const started = performance.now()
  await expect(passwords.verify('password', phc)).rejects.toMatchObject({ name: 'Unavailable', who: 'local' })
  expect(performance.now() - started).toBeLessThan(20)
})

it('SEC-084 computes a few at a time, lets some wait and sends the rest away', async () => {
  const busy = createPasswordHasher({ concurrency: 1, queue: 3 })
  const phc = await busy.hash('correct horse battery')
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => busy.verify('correct horse battery', phc)))
  const answered = all.filter(({ status }) => status === 'fulfilled')
  const sentAway = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  expect(answered).toHaveLength(4)
  expect(sentAway).toHaveLength(6)
  expect(sentAway[0]).toMatchObject({ name: 'Unavailable', who: 'local' })
  expect(await busy.verify('correct horse battery', phc)).toBe(true)
})

it('SEC-084 answers 66 of 500 at once and can be asked again afterwards', async () => {
  const phc = await passwords.hash('correct horse battery')
  const all = await Promise.allSettled(Array.from({ length: 500 }, () => passwords.verify('wrong', phc)))
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(66)
  expect(await passwords.verify('correct horse battery', phc)).toBe(true)
})

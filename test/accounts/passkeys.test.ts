/** What a passkey's answer must be: of this page, this person, this host, unlocked, and new. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPasskeys, type PasskeyRequest, type Passkeys } from '../../src/accounts/second-factors/passkeys.ts'
import { createVault } from '../../src/config/secrets.ts'
import { newId } from '../../src/ids.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores, type SqlStores } from '../../src/stores/sql/open.ts'
import { aLocalUser, aSource, refused } from '../stores/world.ts'

const issuer = 'https://login.example.com/auth'
const vault = createVault([Buffer.alloc(32, 7)])
let now = Date.UTC(2026, 10, 22)
const clock = () => now
let stores: SqlStores
let passkeys: Passkeys
/** Of another node. */
let elsewhere: Passkeys
let ada: Device
let eve: Device

beforeAll(async () => {
  stores = await openSqlStores({ url: 'sqlite::memory:', vault, clock, log: silent })
  const once = (name: string, until: number) => stores.artifacts.putOnce('ReplayDetection', name, {}, until)
  const node = () => createPasskeys({ issuer, secondFactors: stores.secondFactors, vault, once, clock })
  passkeys = node()
  elsewhere = node()
  ada = await deviceOf('ada')
  eve = await deviceOf('eve')
})
afterAll(() => stores[Symbol.asyncDispose]())

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()

interface Wrong {
  readonly origin?: string
  readonly rpId?: string
  readonly type?: string
  readonly unlocked?: boolean
  readonly counter?: number
  readonly userHandle?: string
  readonly id?: string
}

type Device = Awaited<ReturnType<typeof deviceOf>>

/** A device in software (WebAuthn Level 3, §6.1 and §7.2). */
async function deviceOf(username: string) {
  const source = aSource({ type: 'local' })
  const user = aLocalUser({ sourceId: source.id, username })
  await stores.sources.add(source)
  await stores.localUsers.add(user)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const cose = Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ])
  const id = Buffer.from(newId()).toString('base64url')
  let count = 0
  const passkey = { id: newId(), userId: user.id, name: 'Device', credentialId: id, counter: 0 }
  const kept = { ...passkey, publicKey: cose.toString('base64url'), transports: ['internal'] }
  await stores.secondFactors.addPasskey({ ...kept, createdAt: now, lastUsedAt: null })

  function answer({ options, ticket }: PasskeyRequest, wrong: Wrong = {}) {
    count += 1
    const { challenge } = JSON.parse(options)
    const { origin = 'https://login.example.com', type = 'webauthn.get', rpId = 'login.example.com' } = wrong
    const clientData = Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(wrong.counter ?? count)
    const data = Buffer.concat([sha256(rpId), Buffer.from([wrong.unlocked === false ? 0x01 : 0x05]), counter])
    const signature = sign('sha256', Buffer.concat([data, sha256(clientData)]), privateKey)
    const name = wrong.id ?? id
    const response = {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: Buffer.from(wrong.userHandle ?? user.id).toString('base64url'),
    }
    const said = { id: name, rawId: name, type: 'public-key', clientExtensionResults: {}, response }
    return { ticket, answer: JSON.stringify(said) }
  }
  return { user, id, answer }
}

const isRefused = (work: Promise<unknown>) => refused(work, 'passkey_refused')

describe('the answer of a device', () => {
  it('names its person', async () => {
    const answer = ada.answer(await passkeys.ask('login/1'))
    expect((await elsewhere.receive('login/1', answer)).userId).toBe(ada.user.id)
  })

  it('counts once, on whichever node', async () => {
    const answer = ada.answer(await passkeys.ask('login/2'))
    await passkeys.receive('login/2', answer)
    await isRefused(passkeys.receive('login/2', answer))
    await isRefused(elsewhere.receive('login/2', answer))
  })

  it('is refused with a challenge that another answer has used up', async () => {
    const request = await passkeys.ask('login/3')
    await passkeys.receive('login/3', ada.answer(request))
    await isRefused(elsewhere.receive('login/3', eve.answer(request)))
  })

  it.each([
    ['came from another origin', { origin: 'https://login.example.com.evil.test' }],
    ['came from plain http', { origin: 'http://login.example.com' }],
    ['is for another host', { rpId: 'example.com' }],
    ['was not unlocked by the person', { unlocked: false }],
    ['was made for something else', { type: 'webauthn.create' }],
    ['counts less than before', { counter: 1 }],
    ['names another person', { userHandle: 'somebody else' }],
    ['is of a passkey that nobody has', { id: 'dW5rbm93bg' }],
  ] as const)('is refused that %s', async (_, wrong) => {
    const answer = ada.answer(await passkeys.ask('login/4'), wrong)
    await isRefused(passkeys.receive('login/4', answer))
  })

  it('is refused that another person’s device signed', async () => {
    // With the name of Ada's passkey, and with Eve's own where Ada is asked.
    await isRefused(passkeys.receive('login/5', eve.answer(await passkeys.ask('login/5'), { id: ada.id })))
    await isRefused(passkeys.receive('login/5', eve.answer(await passkeys.ask('login/5')), ada.user.id))
  })

  it('is refused for another page, or too late', async () => {
    await isRefused(passkeys.receive('login/7', ada.answer(await passkeys.ask('login/6'))))
    const late = ada.answer(await passkeys.ask('login/6'))
    now += 10 * 60_000
    await isRefused(passkeys.receive('login/6', late))
    await isRefused(passkeys.receive('login/6', { ticket: 'x', answer: '{}' }))
  })

  it('is refused once the passkey is removed', async () => {
    const answer = eve.answer(await passkeys.ask('login/8'))
    const passkey = await stores.secondFactors.passkey(eve.id)
    await stores.secondFactors.remove(eve.user.id, passkey?.id ?? '')
    await isRefused(passkeys.receive('login/8', answer))
  })
})

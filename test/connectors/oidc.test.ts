import { inspect } from 'node:util'
import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RedirectConnector, Trip } from '../../src/connector.ts'
import { createOidcConnectorType } from '../../src/connectors/oidc/oidc.ts'
import { newSecret } from '../../src/ids.ts'
import { silent } from '../../src/log.ts'
import { createOutbound, type Outbound } from '../../src/outbound/outbound.ts'
import { startUpstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const callbackUrl = new URL('http://127.0.0.1:3000/broker/okta/callback')
const loggedOut = new URL('http://127.0.0.1:3000/broker/okta/logged-out')
const users = {
  rene: { sub: 'okta|rene', name: 'René Klomp', email: 'rene@acme.test', groups: ['Everyone', 'Consultant'] },
  ada: { sub: 'okta|ada', name: 'Ada', email: 'ada@acme.test', groups: ['Everyone'] },
}

let http: Outbound
beforeEach(() => {
  http = createOutbound({ timeout: 2, maxResponseBytes: 262_144 })
})
afterEach(() => http[Symbol.asyncDispose]())

const open = (config: Readonly<Record<string, unknown>>): RedirectConnector => {
  const type = createOidcConnectorType({ http, clock: () => Date.now(), log: silent })
  const connector = type.open(type.config.parse(config), { id: 'a-source', alias: 'Okta' })
  if (connector.kind !== 'redirect') throw new Error('not a redirect connector')
  return connector
}
const newTrip = (wishes: Partial<Trip> = {}): Trip => ({
  state: newSecret(),
  callbackUrl,
  departedAt: Date.now(),
  forceLogin: false,
  ...wishes,
})
const isOurs = (url: URL) => url.origin === callbackUrl.origin

/** A person's whole way there and back. */
async function signIn(
  connector: RedirectConnector,
  { visitor = createVisitor(), ...wishes }: Partial<Trip> & { visitor?: Visitor } = {},
) {
  const trip = newTrip(wishes)
  const departure = await connector.depart(trip)
  const url = await visitor.travel(departure.url, isOurs)
  return connector.arrive(trip, departure.memo, { url, form: new URLSearchParams() })
}

describe('signing in', () => {
  it('brings home what the provider says, by its own names, and nothing about the exchange', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const identity = await signIn(open(upstream.config))
    expect(identity).toEqual({
      subject: 'okta|rene',
      attributes: { sub: 'okta|rene', name: 'René Klomp', email: 'rene@acme.test', groups: ['Everyone', 'Consultant'] },
      authTime: expect.closeTo(Date.now() / 1000, -1),
      amr: ['pwd'],
      upstream: { idToken: expect.stringMatching(/^ey/) },
    })
  })

  it('asks userinfo for what the ID token leaves out', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href], claimsInIdToken: false })
    const { groups } = (await signIn(open(upstream.config))).attributes
    expect(groups).toEqual(['Everyone', 'Consultant'])
    expect((await signIn(open({ ...upstream.config, userinfo: false }))).attributes).toEqual({ sub: 'okta|rene' })
  })

  it('carries the wishes of the application over', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const connector = open({
      ...upstream.config,
      scopes: ['openid', 'groups'],
      acr_values: ['1'],
      extra_parameters: { domain_hint: 'acme.test' },
    })
    const { acr } = await signIn(connector, {
      loginHint: 'rene@acme.test',
      uiLocales: 'de',
      maxAge: 600,
      acrValues: ['urn:example:mfa', '2'],
    })
    expect(acr).toBe('urn:example:mfa')
    expect(upstream.requests.at(-1)).toMatchObject({
      response_type: 'code',
      client_id: upstream.config.client_id,
      redirect_uri: callbackUrl.href,
      scope: 'openid groups',
      login_hint: 'rene@acme.test',
      ui_locales: 'de',
      max_age: '600',
      acr_values: 'urn:example:mfa 2',
      domain_hint: 'acme.test',
    })
    expect((await signIn(connector)).acr).toBe('1')
  })

  it('SEC-052 sends a PKCE challenge (S256), a nonce and our state, new ones each time', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const connector = open(upstream.config)
    const trip = newTrip()
    const { url, memo } = await connector.depart(trip)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      state: trip.state,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      nonce: memo.nonce,
    })
    expect(url.href).not.toContain(memo.verifier)
    expect((await connector.depart(trip)).memo).not.toEqual(memo)
  })

  it('SEC-052 refuses a code that somebody else was given: their verifier and nonce are not ours', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const connector = open(upstream.config)
    const [mine, theirs] = [newTrip(), newTrip()]
    const departure = await connector.depart(mine)
    const stolen = await createVisitor().travel((await connector.depart(theirs)).url, isOurs)
    stolen.searchParams.set('state', mine.state)
    await expect(
      connector.arrive(mine, departure.memo, { url: stolen, form: new URLSearchParams() }),
    ).rejects.toMatchObject({
      code: 'upstream_refused',
      problems: [{ path: 'error', message: 'invalid_grant' }],
    })
  })

  it('reads the provider when it is first needed, once for any number of people', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const connector = open(upstream.config)
    expect(upstream.calls).toEqual([])
    await Promise.all(Array.from({ length: 20 }, () => connector.depart(newTrip())))
    expect(upstream.calls).toEqual(['GET /.well-known/openid-configuration'])
  })

  it.each(['client_secret_post', 'client_secret_basic'])('proves who it is by %s', async (method) => {
    await using upstream = await startUpstream({
      users,
      callbackUrls: [callbackUrl.href],
      client: { token_endpoint_auth_method: method },
    })
    expect(await signIn(open({ ...upstream.config, token_endpoint_auth_method: method }))).toMatchObject({
      subject: 'okta|rene',
    })
  })

  it.each(['RS256', 'ES256', 'EdDSA'])('proves who it is by private_key_jwt with %s', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'ours' }] }
    await using upstream = await startUpstream({
      users,
      callbackUrls: [callbackUrl.href],
      client: { token_endpoint_auth_method: 'private_key_jwt', jwks },
    })
    const { client_secret: _, ...config } = upstream.config
    const connector = open({
      ...config,
      token_endpoint_auth_method: 'private_key_jwt',
      // What tools write beside it, and the broker need not say.
      private_key_jwk: { ...(await exportJWK(privateKey)), kid: 'ours', use: 'sig', key_ops: ['sign', 'verify'] },
    })
    expect(await signIn(connector)).toMatchObject({ subject: 'okta|rene' })
  })

  it('is a public client where the provider wants none', async () => {
    await using upstream = await startUpstream({
      users,
      callbackUrls: [callbackUrl.href],
      client: { token_endpoint_auth_method: 'none' },
    })
    const { client_secret: _, ...config } = upstream.config
    expect(await signIn(open({ ...config, token_endpoint_auth_method: 'none' }))).toMatchObject({
      subject: 'okta|rene',
    })
  })
})

describe('SEC-057 a login that must be fresh', () => {
  it('SEC-057 asks for it, and sees it proven', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const connector = open(upstream.config)
    const visitor = createVisitor()
    await signIn(connector, { visitor })
    const { authTime } = await signIn(connector, { visitor, forceLogin: true })
    expect(upstream.requests.at(-1)).toMatchObject({ prompt: 'login', max_age: '0' })
    expect(authTime).toBeGreaterThan(Date.now() / 1000 - 5)
  })

  it.each<[string, Partial<Trip>]>([
    ['prompt=login', { forceLogin: true }],
    ['max_age', { maxAge: 60 }],
  ])('SEC-057 refuses the old login of a provider that ignores %s', async (_, wish) => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    upstream.misbehave({ ignoresPrompt: true })
    const visitor = createVisitor()
    const connector = open(upstream.config)
    await signIn(connector, { visitor })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 120_000 })
    try {
      await expect(signIn(connector, { visitor, ...wish })).rejects.toMatchObject({ code: 'reauthentication_unproven' })
      const trusting = await signIn(open({ ...upstream.config, reauthentication: 'trust' }), { visitor, ...wish })
      expect(trusting.subject).toBe('okta|rene')
      expect(trusting).not.toHaveProperty('authTime')
    } finally {
      vi.useRealTimers()
    }
  })

  it('SEC-057 says nothing of a level that the provider did not vouch for', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    expect(await signIn(open(upstream.config), { acrValues: ['urn:example:unheard-of'] })).not.toHaveProperty('acr')
  })
})

describe('when it does not work', () => {
  it('tells the refusal of a person from trouble with the broker and from an outage', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    upstream.refuse('access_denied', 'Not\nassigned\u001b[31m to this \u202Eapp')
    const refusal = await signIn(open(upstream.config)).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'upstream_refused', problems: [{ path: 'error', message: 'access_denied' }] })
    expect(String(refusal)).toMatch(/Okta answered access_denied \(Not assigned \[31m to this {2}app\)/)

    upstream.refuse('temporarily_unavailable')
    await expect(signIn(open(upstream.config))).rejects.toMatchObject({ name: 'Unavailable', who: 'Okta' })
    upstream.refuse('unauthorized_client')
    await expect(signIn(open(upstream.config))).rejects.toMatchObject({ code: 'upstream_misconfigured' })
  })

  it('says that our credentials were not accepted, and does not repeat them', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const refusal = await signIn(open({ ...upstream.config, client_secret: 'mistyped-secret' })).catch(
      (error: unknown) => error,
    )
    expect(refusal).toMatchObject({ code: 'upstream_misconfigured' })
    expect(inspect(refusal, { depth: 9, showHidden: true })).not.toContain('mistyped-secret')
  })

  it('could not tell while the provider is down, does not pester it, and recovers by itself', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const connector = open(upstream.config)
    upstream.misbehave({ down: 503 })
    for (const _ of [1, 2, 3])
      await expect(connector.depart(newTrip())).rejects.toMatchObject({ name: 'Unavailable', who: 'Okta' })
    expect(upstream.calls).toHaveLength(1)

    upstream.misbehave({})
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 })
    try {
      expect(await connector.depart(newTrip())).toMatchObject({ method: 'GET' })
    } finally {
      vi.useRealTimers()
    }
  })

  it('keeps what it knows of a provider whose discovery fails later, and reads it again every hour', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const connector = open(upstream.config)
    await connector.depart(newTrip())
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    try {
      upstream.misbehave({ down: 500 })
      for (const _ of [1, 2, 3]) expect(await connector.depart(newTrip())).toMatchObject({ method: 'GET' })
      await expect.poll(() => upstream.calls.length).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('could not tell when the provider fails in the middle', async () => {
    await using upstream = await startUpstream({ users, callbackUrls: [callbackUrl.href] })
    const connector = open(upstream.config)
    const trip = newTrip()
    const { url, memo } = await connector.depart(trip)
    const arrival = { url: await createVisitor().travel(url, isOurs), form: new URLSearchParams() }
    upstream.misbehave({ down: 502 })
    await expect(connector.arrive(trip, memo, arrival)).rejects.toMatchObject({ name: 'Unavailable' })
    await upstream.stop()
    await expect(connector.arrive(trip, memo, arrival)).rejects.toMatchObject({ name: 'Unavailable' })
  })
})

describe('signing out', () => {
  it('ends the session over there and comes back with our state', async () => {
    await using upstream = await startUpstream({
      users,
      callbackUrls: [callbackUrl.href],
      logoutUrls: [loggedOut.href],
    })
    const connector = open(upstream.config)
    const visitor = createVisitor()
    const { upstream: session } = await signIn(connector, { visitor })
    const url = await connector.leave?.(session ?? {}, { url: loggedOut, state: 'a-state' })
    if (!url) throw new Error('nowhere to go')
    expect(url.searchParams.get('client_id')).toBe(upstream.config.client_id)
    expect((await visitor.travel(url, isOurs)).href).toBe(`${loggedOut.href}?state=a-state`)

    // Its session is gone: without a login there, prompt=none finds nobody.
    const probe = (await connector.depart(newTrip())).url
    probe.searchParams.set('prompt', 'none')
    expect((await visitor.travel(probe, isOurs)).searchParams.get('error')).toBe('login_required')
  })

  it('goes nowhere when that is not wanted, not offered, or cannot be found out', async () => {
    await using upstream = await startUpstream({ users })
    const back = { url: loggedOut, state: 'a-state' }
    expect(await open({ ...upstream.config, upstream_logout: false }).leave?.({}, back)).toBeUndefined()
    upstream.misbehave({ down: 503 })
    expect(await open(upstream.config).leave?.({}, back)).toBeUndefined()
  })
})

it('says when its secret is over without looking at its other settings', () => {
  const type = createOidcConnectorType({ http, clock: () => Date.now(), log: silent })
  const expiresAt = Date.UTC(2030, 0, 1)
  expect(type.expiries?.({ client_secret_expires_at: '2030-01-01T00:00:00Z', of_another_version: true })).toEqual([
    { what: 'client_secret', expiresAt, path: 'client_secret_expires_at' },
  ])
  expect(type.expiries?.({})).toEqual([])
})

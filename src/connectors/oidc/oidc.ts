/**
 * OpenID Connect providers as sources: Okta, Entra, Keycloak and whoever else speaks the code flow.
 * Always with PKCE, state and nonce; the discovery document is read when it is first needed, so a provider
 * that is down when the broker starts costs nothing but the logins through it.
 */
import * as oidc from 'openid-client'
import { z } from 'zod'
import { type Clock, seconds } from '../../clock.ts'
import { type ConnectorType, type RedirectConnector, SourceProblem, type Trip } from '../../connector.ts'
import { Refusal } from '../../errors.ts'
import type { Identity } from '../../identity.ts'
import { digest, newSecret } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Outbound } from '../../outbound/outbound.ts'
import { createKept } from '../kept.ts'
import { upstreamFetch } from '../upstream-fetch.ts'
import { OidcConfig } from './config.ts'
import { explainFailure, FailedCheck } from './failures.ts'
import { withGroups } from './group-overage.ts'
import { type Claims, isFreshEnough, loginTime, verifyIdToken } from './id-token.ts'
import { verifyLogoutToken } from './logout-token.ts'
import { checkKeys, lookFor, readProvider } from './provider.ts'
import { readUserinfo } from './userinfo.ts'

interface Needs {
  readonly http: Outbound
  readonly clock: Clock
  readonly log: Log
}

/** Milliseconds that somebody who signs out waits to see whether the provider is there at all. */
const patience = 1500

const Memo = z.object({ verifier: z.string(), nonce: z.string() })

export const createOidcConnectorType = ({ http, clock, log }: Needs): ConnectorType => ({
  type: 'oidc',
  kind: 'redirect',
  config: OidcConfig,
  secrets: ['client_secret', 'private_key_jwk'],
  open: (config, { alias }) => openOidc(OidcConfig.parse(config), alias, { http, clock, log }),

  // Lists say it of every source, of one too whose other settings this version would not take.
  expiries: ({ client_secret_expires_at: at }) =>
    typeof at === 'string'
      ? [{ what: 'client_secret', expiresAt: Date.parse(at), path: 'client_secret_expires_at' }]
      : [],
})

function openOidc(config: OidcConfig, alias: string, { http, clock, log }: Needs): RedirectConnector {
  const fetch = upstreamFetch(http, config, alias)
  const provider = createKept(() => readProvider(fetch, config), {
    clock,
    freshFor: 3_600_000,
    retryAfter: 5_000,
    onStale: (err) => log.warn({ err, source: alias }, 'the discovery document could not be read again'),
  })

  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw explainFailure(error, alias)
    }
  }

  return {
    kind: 'redirect',

    depart: (trip) =>
      explained(async () => {
        const { configuration } = await provider()
        const verifier = newSecret()
        const nonce = newSecret()
        const url = oidc.buildAuthorizationUrl(configuration, {
          ...config.extra_parameters,
          ...wishes(trip, config),
          redirect_uri: trip.callbackUrl.href,
          scope: config.scopes.join(' '),
          state: trip.state,
          nonce,
          code_challenge: digest(verifier),
          code_challenge_method: 'S256',
        })
        return { method: 'GET', url, memo: { verifier, nonce } }
      }),

    arrive: (trip, memo, { url }) =>
      explained(async () => {
        const { verifier, nonce } = Memo.parse(memo)
        const upstream = await provider()
        const returned = new URL(trip.callbackUrl)
        returned.search = url.search
        // Present and empty is not absent (RFC 9207 §2.4); the library takes it for that.
        if (url.searchParams.get('iss') === '') throw new FailedCheck('iss', 'the answer names no issuer (iss)')
        const tokens = await oidc.authorizationCodeGrant(upstream.configuration, returned, {
          expectedState: trip.state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        const { idToken, claims } = verifyIdToken(tokens, { config, now: seconds(clock()) })
        const fresh = isFreshEnough(loginTime(claims), trip, config.clock_tolerance)
        if (!fresh && config.reauthentication === 'auth_time') throw new Refusal('reauthentication_unproven')

        const more =
          config.userinfo && upstream.metadata.userinfo_endpoint
            ? await readUserinfo(upstream, tokens.access_token, claims.sub)
            : {}
        // Where the provider's word is trusted, a time that contradicts it is not passed on.
        // It is there to be shown when they sign out, and is the largest part of a session.
        const isLeft = config.upstream_logout && upstream.metadata.end_session_endpoint !== undefined
        const identity = toIdentity(claims, more, {
          ...(isLeft && { idToken }),
          authTime: fresh ? loginTime(claims) : undefined,
        })
        const attributes = await withGroups(identity.attributes, tokens.access_token, { config, fetch })
        return { ...identity, attributes }
      }),

    async leave({ idToken }, back) {
      if (!config.upstream_logout) return undefined
      try {
        const { configuration, metadata } = await provider()
        if (metadata.end_session_endpoint === undefined) return undefined
        // What is known of it may be an hour old, and from where nobody is, no browser comes back.
        await lookFor(fetch, config, patience)
        return oidc.buildEndSessionUrl(configuration, {
          ...(idToken && { id_token_hint: idToken }),
          post_logout_redirect_uri: back.url.href,
          state: back.state,
        })
      } catch (error) {
        // Signing out here must not depend on whether the provider answers.
        if (error instanceof SourceProblem) return undefined
        throw error
      }
    },

    verifyLogout: (form) =>
      explained(async () => {
        const token = form.get('logout_token')
        if (!token) throw new FailedCheck('logout_token', 'there was no logout token')
        return verifyLogoutToken(token, { provider: await provider(), config, now: seconds(clock()) })
      }),

    async check() {
      await checkKeys(await readProvider(fetch, config), config.id_token_signed_response_alg)
    },
  }
}

/** What the broker would like of the login over there (OpenID Connect Core §3.1.2.1). */
function wishes(trip: Trip, config: OidcConfig): Record<string, string> {
  const maxAge = trip.forceLogin ? 0 : trip.maxAge
  const levels = trip.acrValues?.length ? trip.acrValues : config.acr_values
  return {
    ...(trip.forceLogin && { prompt: 'login' }),
    // Asked for with a number, the provider must answer with auth_time.
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
    ...(levels?.length && { acr_values: levels.join(' ') }),
    ...(trip.loginHint !== undefined && { login_hint: trip.loginHint }),
    ...(trip.uiLocales !== undefined && { ui_locales: trip.uiLocales }),
  }
}

/** About the exchange, not about the person. */
const protocolClaims: ReadonlySet<string> = new Set([
  ...['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'azp', 'nonce', 'sid'],
  ...['at_hash', 'c_hash', 's_hash', 'auth_time', 'acr', 'amr'],
])

interface Login {
  readonly idToken?: string
  readonly authTime: number | undefined
}

function toIdentity(claims: Claims, more: Readonly<Record<string, unknown>>, { idToken, authTime }: Login): Identity {
  const { sub: subject, sid, acr, amr } = claims
  const all = { ...more, ...claims }
  return {
    subject,
    attributes: Object.fromEntries(Object.entries(all).filter(([name]) => !protocolClaims.has(name))),
    ...(authTime !== undefined && { authTime }),
    ...(typeof acr === 'string' && { acr }),
    ...(Array.isArray(amr) && { amr: amr.filter((method) => typeof method === 'string') }),
    upstream: { ...(typeof sid === 'string' && { sid }), ...(idToken && { idToken }) },
  }
}

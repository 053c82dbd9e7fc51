import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { assertionAlgorithms } from '../clients/assertion-keys.ts'
import type { Config } from '../config/schema.ts'

/** How clients authenticate, at each endpoint where they do. */
export const clientAuthMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const

/** In the metadata (RFC 8414 §2, OpenID Connect Discovery §3) what is there, and the library does not say. */
export const announced = {
  // Telling clients is our own work (src/logout), since most endings of a session do not come through the library.
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
  introspection_endpoint_auth_methods_supported: [...clientAuthMethods],
  introspection_endpoint_auth_signing_alg_values_supported: [...assertionAlgorithms],
  revocation_endpoint_auth_methods_supported: [...clientAuthMethods],
  revocation_endpoint_auth_signing_alg_values_supported: [...assertionAlgorithms],
  prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
  ui_locales_supported: ['en', 'de'],
}

/**
 * The library announces tokens that are bound to certificates wherever it would make them; none can be had where no proxy
 * may tell of a certificate. Clients that ask for them are held to it nevertheless.
 */
export function announceNoMore({ gateway }: Pick<Config, 'gateway'>): Middleware {
  const certificatesComeBy = gateway.secrets.length > 0 && gateway.certificate_headers.length > 0
  return async (ctx, next) => {
    await next()
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>
    if (oidc?.route !== 'discovery' || certificatesComeBy) return
    const { tls_client_certificate_bound_access_tokens: _, ...rest } = ctx.body as Record<string, unknown>
    ctx.body = rest
  }
}

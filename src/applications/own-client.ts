/** The OpenID client that comes and goes with an application, and follows what the application says. */
import type { Client } from '../clients/client.ts'
import { ClientInput, clientInput, usesSecret } from '../clients/client-input.ts'
import { secretsAfter } from '../clients/client-secret.ts'
import { parseInput } from '../input.ts'
import { type Application, isEnabled } from './application.ts'
import type { ApplicationInput } from './application-input.ts'

export const clientIdOf = (applicationId: string): string => `${applicationId}:OPENID`

/**
 * The client as the application now wants it. What else was set at the client stays. Rejects with `invalid_input`,
 * naming the members of the application.
 */
export function ownClient(application: Application, input: ApplicationInput, before?: Client): Client {
  const { name, application_type, redirect_uris, post_logout_redirect_uris, web_origins } = input
  const isPublic = input.public
  const kept = before ? clientInput(before) : {}
  const {
    client_id: _,
    client_secret: __,
    ...parsed
  } = parseInput(ClientInput, {
    ...kept,
    client_name: name,
    ...{ application_type, redirect_uris, post_logout_redirect_uris, web_origins },
    grant_types: grantTypes(before?.metadata.grant_types ?? [], redirect_uris.length > 0, isPublic),
    response_types: redirect_uris.length > 0 || isPublic ? ['code'] : [],
    token_endpoint_auth_method: authentication(before, isPublic),
    ...(isPublic && { require_pkce: true }),
    enabled: isEnabled(application),
  })
  const {
    enabled,
    web_origins: webOrigins,
    first_party: firstParty,
    allowed_sources: allowedSources,
    token_profile: tokenProfile,
    resource_server: resourceServer,
    require_pkce: requirePkce,
    ...metadata
  } = parsed
  const { createdAt, updatedAt } = application
  return {
    ...(before ?? { id: application.clientId, version: 1, createdAt }),
    ...{ updatedAt, enabled, metadata, webOrigins, firstParty, allowedSources, tokenProfile, resourceServer },
    ...{ requirePkce },
    ...secretsAfter(usesSecret(metadata), before?.secrets ?? [], updatedAt),
  }
}

/** People sign in where they can be sent back to; an application that has no such address acts for itself. */
function grantTypes(before: readonly string[], hasAddress: boolean, isPublic: boolean): readonly string[] {
  const forPeople = ['authorization_code', 'refresh_token']
  const signsIn = hasAddress || isPublic
  const people = !signsIn ? [] : before.includes('authorization_code') ? before : forPeople
  const machine = !isPublic && (!signsIn || before.includes('client_credentials'))
  return [...people.filter((type) => forPeople.includes(type)), ...(machine ? ['client_credentials'] : [])]
}

function authentication(before: Client | undefined, isPublic: boolean): string {
  if (isPublic) return 'none'
  const method = before?.metadata.token_endpoint_auth_method ?? 'none'
  return method === 'none' ? 'client_secret_basic' : method
}

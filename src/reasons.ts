/**
 * Every *no* of ours, by a stable code. `title` is what the person reads, `cause` why it happened and
 * `fix` what an administrator or developer does about it; `oauth` is what an OAuth client is told.
 * docs/reasons.md lists them all, and a test keeps it so.
 */
interface Reason {
  readonly status: number
  readonly title: string
  readonly cause: string
  readonly fix: string
  readonly oauth?:
    | 'access_denied'
    | 'invalid_request'
    | 'login_required'
    | 'server_error'
    | 'temporarily_unavailable'
    | 'unmet_authentication_requirements'
}

export const reasons = {
  // second factors of local users
  second_factor_missing: {
    status: 403,
    title: 'A second factor is needed',
    cause:
      'A password alone does not let this user in: they have a second factor and it was not shown, or administrators must have one (sign_in.second_factor) and this one has none.',
    fix: 'Sign in with a browser, and set up an authenticator app or a passkey at /security. Programs use an API key or a client of their own, not a person’s password.',
    oauth: 'access_denied',
  },
  second_factor_wrong: {
    status: 401,
    title: 'This code is wrong or was used already',
    cause:
      'The code of the authenticator app, or the recovery code, is not one that counts now: mistyped, too old, or used before.',
    fix: 'Wait for the next code, and check that the device’s clock is set automatically. An administrator can reset the second factors of somebody who has lost them.',
    oauth: 'access_denied',
  },
  passkey_refused: {
    status: 401,
    title: 'This passkey was not accepted',
    cause:
      'The answer of the device does not fit: another passkey, an answer that was used before or came too late, or a page of another address.',
    fix: 'Try again, or sign in another way. A passkey belongs to the host of the issuer that it was made at: after a move to another host people make new ones.',
    oauth: 'access_denied',
  },

  // admission: who may not come in
  account_disabled: {
    status: 403,
    title: 'This account is disabled',
    cause: 'The account has been disabled by an administrator.',
    fix: 'Enable the user again (PATCH users/{id} {"enabled": true}) if they should have access.',
    oauth: 'access_denied',
  },
  account_unknown: {
    status: 403,
    title: 'This account no longer exists',
    cause: 'The account was deleted while it was still in use.',
    fix: 'Sign in again; a new account is made when the source allows it.',
    oauth: 'access_denied',
  },
  client_disabled: {
    status: 403,
    title: 'This application is switched off',
    cause: 'There is no such client, or it is disabled.',
    fix: 'Enable the client again (PATCH clients/{client_id} {"enabled": true}).',
    oauth: 'access_denied',
  },
  source_disabled: {
    status: 403,
    title: 'This way of signing in is switched off',
    cause: 'The authentication source is disabled or was deleted.',
    fix: 'Enable the source again (PATCH authentication-sources/{id} {"enabled": true}) or sign in through another one.',
    oauth: 'access_denied',
  },
  source_not_allowed: {
    status: 403,
    title: 'This application does not accept this way of signing in',
    cause: "The client's allowed_sources does not name the source.",
    fix: 'Sign in through a source the client allows, or add the source to its allowed_sources.',
    oauth: 'access_denied',
  },
  no_source_applies: {
    status: 403,
    title: 'There is no way to sign in to this application',
    cause: 'No enabled authentication source is open to this client.',
    fix: "Enable a source, or add one to the client's allowed_sources.",
    oauth: 'access_denied',
  },
  session_ended: {
    status: 403,
    title: 'Your session has ended',
    cause: 'The broker session was ended or reached its idle or absolute lifetime.',
    fix: 'Sign in again.',
    oauth: 'login_required',
  },
  consent_missing: {
    status: 403,
    title: 'This was not agreed to',
    cause: 'The client is a third party, and the person has not agreed, or no longer agrees, to what it asks for.',
    fix: 'Send the person through the authorization endpoint again: they are asked there.',
    oauth: 'access_denied',
  },
  not_signed_in: {
    status: 403,
    title: 'Nobody is signed in here',
    cause: 'This browser has no session at the sign-in service, or its session has ended.',
    fix: 'Open an application and sign in from there, then come back to this page.',
  },
  not_an_administrator: {
    status: 403,
    title: 'This needs an administrator',
    cause:
      'The token belongs to a person without an administrator role, or to a client that is not entitled to the admin API.',
    fix: "Give the user the role admin of gatehouse, or put the scope admin into the client's registered scope.",
    oauth: 'access_denied',
  },

  // signing in
  bad_credentials: {
    status: 401,
    title: 'The user name or password is not right',
    cause: 'The source knows no such user, or the password is wrong, or the user may not sign in.',
    fix: 'Check the user name and the keyboard; an administrator can set a new password.',
    oauth: 'access_denied',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many attempts',
    cause: 'There were too many failed attempts for this user name or from this network address.',
    fix: 'Wait a few minutes before the next attempt.',
    oauth: 'access_denied',
  },
  interaction_lost: {
    status: 400,
    title: 'This sign-in is no longer open',
    cause: 'The sign-in was finished, has expired, or was begun in another browser.',
    fix: 'Start again from the application.',
    oauth: 'invalid_request',
  },
  forged_form: {
    status: 403,
    title: 'This form did not come from the sign-in page',
    cause: 'The form token was missing or wrong, or the request came from another site.',
    fix: 'Go back to the sign-in page and send the form from there.',
  },
  console_sign_in_refused: {
    status: 403,
    title: 'The console could not sign you in',
    cause: 'The sign-in to the console was given up, or ended without what the console asked for.',
    fix: 'Open the console again and sign in. If the client gatehouse-console was changed, let it have its own redirect URI and the scope admin.',
  },
  trip_unknown: {
    status: 400,
    title: 'This answer was not expected',
    cause: 'The state of the answer is unknown: it was used before, has expired, or never was ours.',
    fix: 'Start again from the application.',
    oauth: 'invalid_request',
  },
  trip_misdirected: {
    status: 400,
    title: 'This answer came to the wrong address',
    cause: "The answer arrived at another source's callback address than the one the browser left for.",
    fix: 'Start again. If it happens again, compare the callback addresses registered at the identity providers.',
    oauth: 'invalid_request',
  },
  upstream_refused: {
    status: 403,
    title: 'The identity provider refused the sign-in',
    cause: 'The identity provider answered with an error instead of a login.',
    fix: "Look the error up in the login trace; it is the identity provider's own.",
    oauth: 'access_denied',
  },
  upstream_invalid: {
    status: 502,
    title: 'The identity provider gave an answer that cannot be trusted',
    cause: 'The answer of the identity provider failed a check: signature, issuer, audience, nonce, time or shape.',
    fix: 'Compare the issuer and client id of the source with those at the identity provider; the login trace names the check.',
    oauth: 'server_error',
  },
  upstream_misconfigured: {
    status: 502,
    title: 'The identity provider does not accept this broker',
    cause: 'The identity provider refused our client credentials, our callback address or our request.',
    fix: 'Compare client id, client secret and callback address with those registered at the identity provider.',
    oauth: 'server_error',
  },
  upstream_unavailable: {
    status: 503,
    title: 'The identity provider does not answer',
    cause: 'The identity provider could not be reached, or answered with a server error.',
    fix: 'Try again in a moment. If it lasts, test the source and look at the network between it and the broker.',
    oauth: 'temporarily_unavailable',
  },
  reauthentication_unproven: {
    status: 403,
    title: 'A fresh sign-in was required',
    cause:
      'The application asked for a fresh login, and the identity provider did not prove that one took place (auth_time).',
    fix: 'Make the identity provider honour prompt=login and max_age, or set reauthentication to "trust" on the source.',
    oauth: 'login_required',
  },
  groups_overage: {
    status: 403,
    title: 'Your groups could not be read',
    cause: 'The person is in more groups than the identity provider sends, so it sent a reference instead of them.',
    fix: 'Make the identity provider send only the groups that matter here, such as those assigned to the application, or map another claim.',
    oauth: 'access_denied',
  },
  groups_unreadable: {
    status: 403,
    title: 'Your groups could not be read',
    cause:
      'The identity provider pointed to the groups of the person instead of sending them, and did not let us read them there.',
    fix: 'Give the application the delegated permissions User.Read and GroupMember.Read.All for Microsoft Graph, with the consent of an administrator, and ask for them in scopes.',
    oauth: 'access_denied',
  },
  unmet_authentication_requirements: {
    status: 403,
    title: 'A stronger sign-in was required',
    cause: 'The application requires a level of assurance (acr) that the source did not vouch for.',
    fix: 'Configure the level at the identity provider, or ask for one it can give.',
    oauth: 'unmet_authentication_requirements',
  },
  another_person: {
    status: 403,
    title: 'Somebody else was expected',
    cause: 'The application asked for one person (id_token_hint) and another one signed in.',
    fix: 'Sign in as the person who uses the application, or sign out there first.',
    oauth: 'login_required',
  },
  test_login_over: {
    status: 404,
    title: 'This test is not open here',
    cause: 'The link of a test sign-in is good once, for half an hour, and for the browser that opened it.',
    fix: 'Ask the administrator for another link (POST authentication-sources/{id}/test-login).',
  },
  consent_denied: {
    status: 403,
    title: 'You did not agree',
    cause: 'The person declined to share their data with the application.',
    fix: 'Nothing to mend; they can start again and agree.',
    oauth: 'access_denied',
  },
  sign_in_abandoned: {
    status: 403,
    title: 'The sign-in was cancelled',
    cause: 'The person went back to the application without signing in.',
    fix: 'Nothing to mend.',
    oauth: 'access_denied',
  },

  // telling applications that a session has ended
  logout_unanswered: {
    status: 503,
    title: 'The application could not be told of the logout',
    cause: 'The application did not answer at its backchannel_logout_uri, or answered with a server error.',
    fix: 'Look at the application and at the network between it and the broker. Its tokens of the session have ended all the same.',
  },
  logout_refused: {
    status: 502,
    title: 'The application did not accept the logout',
    cause: 'The application answered the logout token with a client error or a redirect, which is not followed.',
    fix: 'Look at the log of the application: is the address right, and does it verify the token with our JWKS, issuer and its client id?',
  },
  logout_address_refused: {
    status: 502,
    title: 'The address for logouts may not be called',
    cause: "The client's backchannel_logout_uri leads into a private network, or is not https.",
    fix: 'If the address is meant, name its host in the setting backchannel_logout.private_hosts.',
  },

  temporarily_unavailable: {
    status: 503,
    title: 'The service cannot answer just now',
    cause: 'A part of the service that is needed for this did not answer. Nothing was decided and nothing was changed.',
    fix: 'Try again in a moment. If it lasts, look at the database and at the log under the reference.',
    oauth: 'temporarily_unavailable',
  },

  // access tokens
  token_missing: {
    status: 401,
    title: 'A token is required',
    cause: 'The request carries no bearer token in its Authorization header.',
    fix: 'Send Authorization: Bearer with an access token of this issuer.',
  },
  token_malformed: {
    status: 401,
    title: 'This is not an access token',
    cause: 'The token is not a JWT in the one form we issue.',
    fix: 'Send the access_token of the token response, unchanged.',
  },
  token_too_large: {
    status: 400,
    title: 'The token would be too large',
    cause: 'The access token would exceed the configured size (tokens.max_bytes); it is never cut.',
    fix: "Narrow the source's group filter or map fewer claims, or raise tokens.max_bytes as far as the gateways allow.",
  },
  token_algorithm: {
    status: 401,
    title: 'The token is not signed as required',
    cause:
      'The token names an algorithm that the key it names does not sign with, or a critical header that is unknown.',
    fix: 'Use a token issued by this broker.',
  },
  token_key_unknown: {
    status: 401,
    title: 'The token was signed with an unknown key',
    cause: 'The key id of the token is none of ours.',
    fix: 'Get a new token from this issuer.',
  },
  token_signature: {
    status: 401,
    title: 'The signature of the token is wrong',
    cause: 'The signature does not verify with the key that the token names.',
    fix: 'Get a new token; this one was altered or made by somebody else.',
  },
  token_issuer: {
    status: 401,
    title: 'The token is from another issuer',
    cause: 'The iss claim is not this broker.',
    fix: 'Get a token from this issuer.',
  },
  token_type: {
    status: 401,
    title: 'This is not an access token',
    cause: 'The token is genuine but of another kind, such as an ID token.',
    fix: 'Send the access_token, not the id_token.',
  },
  token_expired: {
    status: 401,
    title: 'The token has expired',
    cause: 'The exp claim lies in the past.',
    fix: 'Use the refresh token to get a new one.',
  },
  token_not_yet_valid: {
    status: 401,
    title: 'The token is not valid yet',
    cause: 'The nbf or iat claim lies in the future.',
    fix: 'Compare the clocks.',
  },
  token_revoked: {
    status: 401,
    title: 'The token was revoked',
    cause: 'The token, its grant or its session was revoked or has ended.',
    fix: 'Sign in again.',
  },
  token_inactive: {
    status: 401,
    title: 'The issuer does not know this token, or not any more',
    cause: 'The token is no JWT, and the issuer that was asked about it says that it is not active.',
    fix: 'Get a new token, and send it as it came.',
  },
  token_bound: {
    status: 401,
    title: 'The token is bound to a key',
    cause:
      'The token names a key that its caller must prove to have (cnf) in another way than by DPoP or a certificate, which cannot be checked here.',
    fix: 'Get a token that is bound by DPoP (RFC 9449) or to a certificate (RFC 8705), or to nothing.',
  },
  code_reused: {
    status: 400,
    title: 'The authorization code was used before',
    cause: 'A code is good for one token request. This one came a second time, so what it gave was revoked.',
    fix: 'Sign in again, and look for what sends the code twice. Nobody else should have been able to.',
  },
  refresh_token_reused: {
    status: 400,
    title: 'The refresh token was used before',
    cause: 'Each use of a refresh token gives a new one. This old one came again, so the grant was revoked.',
    fix: 'Sign in again. If the application keeps each new refresh token, somebody else has had this one.',
  },
  token_audience: {
    status: 401,
    title: 'The token is meant for another API',
    cause: 'Neither the audience of the token nor the client it was issued to is accepted here.',
    fix: "Ask for a token with the API's audience (resource parameter, RFC 8707), or entitle the client to the API.",
  },
  insufficient_scope: {
    status: 403,
    title: 'The token does not allow this',
    cause: 'The token lacks the scope that this operation needs.',
    fix: 'Ask for a token with the scope named in the answer.',
  },

  // API keys
  api_key_mistyped: {
    status: 401,
    title: 'This is not a whole API key',
    cause: 'It begins as our keys do, but its length or its checksum is wrong: it was cut, mistyped or made up.',
    fix: 'Send the key exactly as it was shown when it was made. If it is lost, make another one.',
  },
  api_key_unknown: {
    status: 401,
    title: 'This API key is not known',
    cause:
      'There is no such key: it was revoked, or its application was removed, or it belongs to another installation.',
    fix: 'Make a key for the application (POST applications/{id}/api-keys) and send that.',
  },
  api_key_expired: {
    status: 401,
    title: 'This API key has expired',
    cause: 'The key was made to be good until now, or it was rotated and the overlap is over.',
    fix: 'Send the key that replaced it, or make another one; rotate keys before they expire.',
  },
  api_key_wrong_api: {
    status: 401,
    title: 'This API key is for another API',
    cause: 'Each key opens one API, and this is not that one.',
    fix: 'Send the key that the application has for this API, or make one.',
  },
  application_disabled_by_publisher: {
    status: 401,
    title: 'This application was switched off by the publisher of the API',
    cause: 'The application is disabled by the publisher, so none of its keys opens anything.',
    fix: 'Only the publisher can undo it (PATCH applications/{id} {"disabled_by_publisher": false}).',
  },
  application_disabled_by_consumer: {
    status: 401,
    title: 'This application was switched off by its owner',
    cause: 'The application is disabled by its owner, so none of its keys opens anything.',
    fix: 'Its owner or the publisher can undo it (PATCH applications/{id} {"disabled_by_consumer": false}).',
  },

  // a gateway's question
  gateway_not_trusted: {
    status: 403,
    title: 'This gateway may not ask',
    cause: 'The question came from a peer that is not in trusted_proxies.',
    fix: "Add the gateway's address to trusted_proxies (GATEHOUSE_TRUSTED_PROXIES), or ask from an address that is there.",
  },
  question_incomplete: {
    status: 403,
    title: 'The gateway did not say what was asked for',
    cause: 'The headers with the host and the path of the original request are missing, or came more than once.',
    fix: 'Compare the configuration of the gateway with its recipe (docs/gateways): it must set them in every check.',
  },
  address_ambiguous: {
    status: 403,
    title: 'This address can be read in more than one way',
    cause:
      'The gateway and the API could differ over what is asked for: dot segments, parameters, doubled or encoded slashes, or other capitals than the API has.',
    fix: 'Send the plain address: no . or .. segments, no ;, no needless encodings, and the capitals of the path_prefix.',
  },
  address_unknown: {
    status: 403,
    title: 'No API is published here',
    cause: 'No API has this host with a path_prefix above this path.',
    fix: "Add the host to the API's hosts, or correct its path_prefix; and see which host the gateway sends.",
  },
  address_unreadable: {
    status: 400,
    title: 'Where the request comes from cannot be read',
    cause: 'A trusted proxy hands on an X-Forwarded-For with something that is no network address.',
    fix: 'Have the proxy write the address of whoever it got the request from, and nothing that callers write.',
  },
  identity_header_forged: {
    status: 403,
    title: 'The request carries a header that only the gateway sets',
    cause: 'A header is spelt so that the API could take it for an X-Auth header, or Connection names one of those.',
    fix: 'Leave such headers out; nobody but the gateway says who calls.',
  },
  credentials_ambiguous: {
    status: 401,
    title: 'The request carries more than one credential of a kind',
    cause:
      'Authorization, X-API-Key or DPoP came more than once, so the gateway and the API could read different ones.',
    fix: 'Send each header once.',
  },
  basic_malformed: {
    status: 401,
    title: 'The user name and the password cannot be read',
    cause:
      'What follows Basic in the Authorization header is not base64 of a user name, a colon and a password in UTF-8 without control characters (RFC 7617).',
    fix: 'Let the HTTP library make the header out of user name and password.',
  },
  basic_not_accepted: {
    status: 401,
    title: 'The API takes no user names and passwords',
    cause: 'The request carries Authorization: Basic, and the API names no authentication source of type local.',
    fix: "Send an access token, or add a local source to the API's authentication_sources.",
  },
  certificate_not_believed: {
    status: 401,
    title: 'The client certificate is not believed',
    cause:
      'A header carries a client certificate, but it came without the secret of a gateway, or is not among those that gateways write here. Anybody can send a certificate that is public.',
    fix: 'Have the gateway send its secret in X-Gatehouse-Gateway, and name the header that it writes in gateway.certificate_headers. Whoever has no certificate: leave the header out.',
  },
  certificate_ambiguous: {
    status: 401,
    title: 'The request carries more than one client certificate',
    cause:
      'The header with the certificate came more than once, or with several elements, or beside another such header.',
    fix: 'Have the gateway write one header, and remove the others, and what callers wrote into any of them.',
  },
  certificate_unreadable: {
    status: 401,
    title: 'The client certificate cannot be read',
    cause: 'What the gateway sends is no certificate in the form of that header, or has more than eight certificates.',
    fix: 'Compare the configuration of the gateway with docs/connectors/certificate.md: the whole certificate is needed, not its subject or hash.',
  },
  certificate_refused: {
    status: 401,
    title: 'The gateway did not accept the client certificate',
    cause: 'X-Gatehouse-Client-Verify says something else than that the certificate was verified.',
    fix: 'Look into the log of the gateway. If the broker alone is to decide, let the gateway ask for a certificate without verifying it, and leave that header out.',
  },
  certificate_missing: {
    status: 401,
    title: 'A client certificate is required',
    cause:
      'The API names authentication sources of type certificate only, or the tokens of the client are bound to its certificate, and no gateway or proxy has told of one.',
    fix: 'Connect with a client certificate; and see that the gateway, or the proxy in front of the broker, asks for one and hands it on.',
  },
  certificate_untrusted: {
    status: 401,
    title: 'The client certificate is by nobody who is trusted here',
    cause:
      'No way leads from the certificate to an authority of the sources that the API names: another authority, a signature that is wrong or too weak, or one between that is missing, has expired or may not issue it.',
    fix: "Compare the certificate's issuer with ca_certificates of the source, and give those between in intermediate_certificates if the gateway hands on no chain.",
  },
  certificate_expired: {
    status: 401,
    title: 'The client certificate has expired',
    cause: 'The certificate was good until a time that is past.',
    fix: 'Get a new one from its authority.',
  },
  certificate_not_yet_valid: {
    status: 401,
    title: 'The client certificate is not valid yet',
    cause: 'The certificate is good from a time to come.',
    fix: 'Compare the clocks; clock_tolerance of the source allows for small differences.',
  },
  certificate_weak: {
    status: 401,
    title: 'The client certificate is too weak',
    cause: 'It is signed with SHA-1 or MD5, or its key is shorter than RSA 2048, or on a curve that is not accepted.',
    fix: 'Get one with RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519, signed with SHA-256 or better.',
  },
  certificate_not_for_clients: {
    status: 401,
    title: 'The certificate is not for clients',
    cause:
      'It is an authority, or lacks clientAuth in its extended key usage or digitalSignature in its key usage, or has a critical extension that is not known here.',
    fix: "Get one that is made for clients, or set the source's extended_key_usage to if_present where the authority makes none that say so.",
  },
  certificate_revoked: {
    status: 401,
    title: 'The client certificate was revoked',
    cause: 'A revocation list names the certificate, or an authority between it and the one that is trusted.',
    fix: 'Get a new one from its authority.',
  },
  certificate_subject_not_allowed: {
    status: 403,
    title: 'The holder of the certificate is not among those who may come',
    cause: "The certificate's subject fits none of the source's subjects, or it is not among its thumbprints.",
    fix: 'Add a pattern for the subject as RFC 4514 writes it (CN first), or show another certificate.',
  },
  certificate_subject_unclear: {
    status: 401,
    title: 'The client certificate does not say who its holder is',
    cause: 'What the source takes for the name of the caller (user_id) is not there exactly once, or is no plain text.',
    fix: 'Choose another user_id for the source, or have certificates made with one such name.',
  },
  token_not_bound: {
    status: 401,
    title: 'The token must be bound to a key',
    cause:
      'The API takes only tokens that are bound to a key which the caller proves (sender_constraint), and this is none; or one that is not bound by DPoP came behind the scheme DPoP.',
    fix: 'Get a bound token (a DPoP proof with the token request, or a client certificate), or remove sender_constraint from the API.',
  },
  token_binding_unproven: {
    status: 401,
    title: 'The token belongs to another key',
    cause:
      'The token is bound (cnf) to the key of a DPoP proof (RFC 9449) or to a certificate (RFC 8705), and nothing in this call proves that the caller holds that very key.',
    fix: 'Send the token as Authorization: DPoP with a proof by the key it was issued for; or call with its certificate, through a gateway that proves its secret and hands the certificate on.',
  },
  dpop_scheme_wrong: {
    status: 401,
    title: 'A token with a DPoP proof belongs behind DPoP',
    cause: 'The request has a DPoP proof, but its token stands behind Bearer, as if nobody had to prove anything.',
    fix: 'Send Authorization: DPoP and the token. Send no DPoP header with a token that is not bound.',
  },
  dpop_proof_missing: {
    status: 401,
    title: 'A DPoP proof is required',
    cause:
      'The token stands behind DPoP, or the client or the code is bound to a key, and the request has no DPoP header.',
    fix: 'Send a new proof (RFC 9449 §4.2) with every request, in the header DPoP. At a gateway: let it hand that header to the check.',
  },
  dpop_proof_invalid: {
    status: 401,
    title: 'This is no DPoP proof',
    cause:
      'What is in the header DPoP is not a JWT of type dpop+jwt with jti, iat, htm, htu and ath, signed by the public key in its header, or by an algorithm that is not taken.',
    fix: 'Make proofs as RFC 9449 §4.2 has it, with one of dpop_signing_alg_values_supported.',
  },
  dpop_proof_mismatch: {
    status: 401,
    title: 'The DPoP proof is for another request',
    cause:
      'The method (htm), the address (htu) or the token (ath) that the proof names is not that of the request, as the gateway tells it.',
    fix: 'Make a new proof for each request. If it is right, compare htu with the scheme, host and port that the gateway sends to the check.',
  },
  dpop_proof_stale: {
    status: 401,
    title: 'The DPoP proof was not made just now',
    cause: 'The time in the proof (iat) is more than a minute away from the time here.',
    fix: 'Make a new proof for each request, and set the clock of the device.',
  },
  dpop_proof_replayed: {
    status: 401,
    title: 'The DPoP proof was used before',
    cause: 'A proof counts once. One with this jti, by the same key, was here already.',
    fix: 'Make a new proof for each request, also for one that is tried again. If the application does, somebody else has read one.',
  },
  insufficient_user_authentication: {
    status: 401,
    title: 'A stronger or newer sign-in is required',
    cause:
      'The API asks for a level of assurance (required_acr) or for a recent sign-in (max_auth_age), and the token tells of neither.',
    fix: 'Sign in again with the acr_values and max_age that the challenge names (RFC 9470), and call with the new token.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many calls',
    cause: "The calls of this window are used up: the API's rate_limit, counted on all nodes together.",
    fix: 'Try again after the seconds that Retry-After names, or raise the limit of the API.',
  },
  api_source_not_accepted: {
    status: 403,
    title: 'The API does not accept this way of signing in',
    cause:
      'The API names its authentication sources, and the token is from none of them. A token that a client got for itself is from no source.',
    fix: "Sign in through a source that the API names, or add this one to the API's authentication_sources.",
  },
  api_source_sunset: {
    status: 403,
    title: 'The API does not accept this way of signing in any more',
    cause: 'The sunset of the authentication source at this API is over.',
    fix: "Sign in through another source of the API, or move the sunset in the API's authentication_sources.",
  },
  api_key_missing: {
    status: 401,
    title: 'An API key is required',
    cause: 'The API asks for the key of an application, and X-API-Key carries none.',
    fix: "Send the application's key for this API in the header X-API-Key.",
  },
  api_key_not_of_client: {
    status: 403,
    title: 'The API key and the token belong to different applications',
    cause: "The API asks that the key's application is the client of the token (key_must_match_token), and it is not.",
    fix: "Send the key of the application that signed the person in, with that application's token.",
  },
  role_missing: {
    status: 403,
    title: 'A role is missing',
    cause: 'The caller has none of the roles that the API asks for.',
    fix: "Give the person one of the API's required_roles, directly or by the source's mapping.",
  },
  group_missing: {
    status: 403,
    title: 'A group is missing',
    cause: 'The caller is in none of the groups that the API asks for.',
    fix: "Add the person to one of the API's required_groups at the identity provider, and see that the mapping lets it pass.",
  },
  claim_mismatch: {
    status: 403,
    title: 'A claim is not as required',
    cause: "A claim of the caller does not keep one of the API's claim rules.",
    fix: "Compare the token's claims with the claims of the API.",
  },

  // the admin API
  invalid_input: {
    status: 400,
    title: 'The request is not valid',
    cause: 'The request cannot be read, or a member of it is missing, unknown or wrong; errors says which.',
    fix: 'Correct what detail says, or the members listed under errors.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this address',
    cause: 'Nothing is kept under this address, or it is no longer there.',
    fix: 'Check the address, and the id in it; in the admin API, the collection lists what there is.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This cannot be done here',
    cause: 'The address exists, but not with this method.',
    fix: 'Use one of the methods in the Allow header.',
  },
  conflict: {
    status: 409,
    title: 'The name is taken',
    cause: 'Another object already has this natural key.',
    fix: 'Choose another one, or change the object that has it.',
  },
  signing_key_too_new: {
    status: 409,
    title: 'The next signing key is too new',
    cause: 'The next signing key was published so recently that verifiers of tokens need not have it yet.',
    fix: 'Rotate at the time that the answer names. If a key may be in the wrong hands, revoke it: that does not wait.',
  },
  in_use: {
    status: 409,
    title: 'It is in use',
    cause: 'Other objects still refer to it; errors names them.',
    fix: 'Change or remove those first.',
  },
  changed_meanwhile: {
    status: 412,
    title: 'Somebody changed it meanwhile',
    cause: 'The version in If-Match is not the current one.',
    fix: 'Read it again, apply the change to what it says now, and send that with its ETag.',
  },
  too_large: {
    status: 413,
    title: 'The request is too large',
    cause: 'The body exceeds what this address accepts.',
    fix: 'Send less.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'This media type is not understood',
    cause: 'The body is not of a type this address accepts.',
    fix: 'Send the media type named in the documentation.',
  },
} as const satisfies Record<string, Reason>

export type ReasonCode = keyof typeof reasons

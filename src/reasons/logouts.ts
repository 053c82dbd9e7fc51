/** Why an application was not told that a session has ended. */
import type { Reason } from './reason.ts'

export const logouts = {
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
    fix: 'If the address is intended, name its host in the setting backchannel_logout.private_hosts.',
  },
} as const satisfies Record<string, Reason>

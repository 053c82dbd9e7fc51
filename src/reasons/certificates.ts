/** Why a client certificate is no good. */
import type { Reason } from './reason.ts'

export const certificates = {
  certificate_not_believed: {
    status: 401,
    title: 'The client certificate is not believed',
    cause:
      'A header carries a client certificate, but it came without the secret of a gateway, or is not among those that gateways write here. Anybody can send a certificate that is public.',
    fix: 'Have the gateway send its secret in X-Gatehouse-Gateway, and name the header that it writes in gateway.certificate_headers. If you have no certificate, leave the header out.',
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
    cause:
      'What the gateway sends is not a certificate in the form that this header requires, or contains more than eight certificates.',
    fix: 'Compare the configuration of the gateway with docs/connectors/certificate.md: the whole certificate is needed, not its subject or hash.',
  },
  certificate_refused: {
    status: 401,
    title: 'The gateway did not accept the client certificate',
    cause: 'X-Gatehouse-Client-Verify does not say that the certificate was verified.',
    fix: 'Look into the log of the gateway. If the broker alone is to decide, let the gateway ask for a certificate without verifying it, and leave that header out.',
  },
  certificate_missing: {
    status: 401,
    title: 'A client certificate is required',
    cause:
      'The API names authentication sources of type certificate only, or the tokens of the client are bound to its certificate, and no gateway or proxy has passed one on.',
    fix: 'Connect with a client certificate, and make sure that the gateway, or the proxy in front of the broker, asks for one and passes it on.',
  },
  certificate_untrusted: {
    status: 401,
    title: 'The client certificate is from nobody who is trusted here',
    cause:
      'There is no chain from the certificate to an authority of the sources that the API names: it is from another authority, a signature is wrong or too weak, or an intermediate one is missing, has expired or may not issue it.',
    fix: "Compare the certificate's issuer with ca_certificates of the source, and list intermediate ones in intermediate_certificates if the gateway passes on no chain.",
  },
  certificate_expired: {
    status: 401,
    title: 'The client certificate has expired',
    cause: "The certificate's validity has ended.",
    fix: 'Get a new one from its authority.',
  },
  certificate_not_yet_valid: {
    status: 401,
    title: 'The client certificate is not valid yet',
    cause: "The certificate's validity has not begun.",
    fix: 'Compare the clocks; clock_tolerance of the source allows for small differences.',
  },
  certificate_weak: {
    status: 401,
    title: 'The client certificate is too weak',
    cause:
      'It is signed with SHA-1 or MD5, or its key is shorter than RSA 2048, or is on a curve that is not accepted.',
    fix: 'Get one with RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519, signed with SHA-256 or better.',
  },
  certificate_not_for_clients: {
    status: 401,
    title: 'The certificate is not for clients',
    cause:
      'It is an authority, or lacks clientAuth in its extended key usage or digitalSignature in its key usage, or has a critical extension that is not known here.',
    fix: "Get one that is made for clients, or set the source's extended_key_usage to if_present if the authority issues none that say so.",
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
    cause:
      'The certificate does not have exactly one of what identifies the caller (user_id of the source), or it is not plain text.',
    fix: 'Choose another user_id for the source, or have certificates issued with one such name.',
  },
} as const satisfies Record<string, Reason>

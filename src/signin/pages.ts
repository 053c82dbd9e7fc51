/** What the sign-in pages show, put together from what sign-in knows. */
import type { Application } from '#views/layout.ts'
import { problemView, type Way } from '#views/problem.ts'
import { consentView } from '#views/signin/consent.ts'
import { signInView } from '#views/signin/sign-in.ts'
import { adviceFor, scopeWords } from '#views/words.ts'
import type { Client } from '../clients/client.ts'
import type { Connector } from '../connector.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Source } from '../sources/source.ts'
import type { Visit } from './visit.ts'

interface Needs {
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
  readonly csrf: (uid: string) => string
  readonly reference: (flow: string) => string
  readonly kindOf: (source: Source) => Connector['kind']
}

export interface PasswordTry {
  readonly source: Source
  readonly username?: string
  readonly problem?: string
}

export interface Choice {
  readonly from: readonly Source[]
  readonly discover: boolean
  readonly lastUsed: string | undefined
  readonly password?: PasswordTry
  readonly email?: { readonly value: string; readonly problem: string }
}

export type Pages = ReturnType<typeof createPages>

export function createPages({ assets, base, csrf, reference, kindOf }: Needs) {
  const at = (uid: string, rest = '') => `${base}/login/${uid}${rest}`
  const sourceAt = (uid: string, { alias }: Source) => at(uid, `/source/${encodeURIComponent(alias)}`)
  const words = (code: ReasonCode) => {
    const { status, title, cause } = reasons[code]
    return { assets, status, title, cause, fix: adviceFor(code) }
  }

  return {
    signIn(
      { interaction: { uid, flow, params }, client }: Visit,
      { from, discover, lastUsed, password, email }: Choice,
    ): string {
      const typed = from.filter((source) => kindOf(source) === 'password')
      // One password source is a form at once; several are doors like the others, lest a password goes to the wrong one.
      const form =
        password ?? (typed.length === 1 && typed[0] ? { source: typed[0], username: params.login_hint } : undefined)
      return signInView({
        assets,
        application: applicationOf(client),
        sources: from
          .filter((source) => source.id !== form?.source.id)
          .map((source) => ({
            alias: source.alias,
            name: source.name,
            href: sourceAt(uid, source),
            lastUsed: source.alias === lastUsed,
          })),
        ...(form && {
          password: {
            alias: form.source.alias,
            name: form.source.name,
            action: sourceAt(uid, form.source),
            ...(form.username !== undefined && { username: form.username }),
            ...('problem' in form && form.problem !== undefined && { problem: form.problem }),
          },
        }),
        ...(discover && {
          discover: { action: at(uid, '/find'), ...(email && { email: email.value, problem: email.problem }) },
        }),
        csrf: csrf(uid),
        back: { action: at(uid, '/back') },
        reference: reference(flow),
      }).toString()
    },

    consent({ interaction: { uid, flow }, client }: Visit, scopes: readonly string[], name: string): string {
      return consentView({
        assets,
        application: applicationOf(client),
        account: { name },
        scopes: scopes.map((scope) => scopeWords(scope)),
        action: at(uid, '/consent'),
        csrf: csrf(uid),
        reference: reference(flow),
      }).toString()
    },

    /** A refusal in an open sign-in: one door back to its beginning, one to the application. */
    refused({ interaction: { uid, flow }, client }: Visit, code: ReasonCode, detail?: string): string {
      return problemView({
        ...words(code),
        reference: reference(flow),
        application: applicationOf(client),
        ...(detail && { detail }),
        ways: [
          { label: 'Try again', href: at(uid, '/again') },
          { label: `Back to ${nameOf(client)}`, action: at(uid, '/back'), fields: { csrf: csrf(uid), reason: code } },
        ],
      }).toString()
    },

    /** A refusal where no sign-in is open. */
    lost(code: ReasonCode, referenceShown: string, ways: readonly [Way, ...Way[]], client?: Client): string {
      return problemView({
        ...words(code),
        reference: referenceShown,
        ...(client && { application: applicationOf(client) }),
        ways,
      }).toString()
    },
  }
}

export const nameOf = (client: Client): string => client.metadata.client_name ?? client.id

function applicationOf(client: Client): Application {
  const { client_uri, policy_uri, tos_uri } = client.metadata
  return {
    name: nameOf(client),
    ...(client_uri && { url: client_uri }),
    ...(policy_uri && { policyUrl: policy_uri }),
    ...(tos_uri && { termsUrl: tos_uri }),
  }
}

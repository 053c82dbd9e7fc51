/** What the sign-in pages show, put together from what sign-in knows. */
import type { Application } from '#views/layout.ts'
import { problemView, type Way } from '#views/problem.ts'
import { consentView } from '#views/signin/consent.ts'
import type { PasskeyForm } from '#views/signin/passkey.ts'
import { secondStepView } from '#views/signin/second-step.ts'
import { signInView } from '#views/signin/sign-in.ts'
import { type FactorWords, factorWords } from '#views/words/factors.ts'
import { reasonWords } from '#views/words/reasons.ts'
import { adviceFor, type Language, scopeWords, wordsIn } from '#views/words.ts'
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
  /** Whether there are more than those. */
  readonly more: boolean
  readonly discover: boolean
  readonly lastUsed: string | undefined
  readonly password?: PasswordTry
  /** For the users of the local source whose form is shown. */
  readonly passkey?: Omit<PasskeyForm, 'action'>
  readonly email?: { readonly value: string; readonly problem: string }
  /** What was looked for, and whether more fits than is shown. */
  readonly looked?: { readonly text: string; readonly more: boolean }
}

export type SecondProblem = keyof FactorWords['step']['problems']

export interface Second {
  readonly username: string
  readonly has: { readonly hasApp: boolean; readonly hasRecoveryCodes: boolean }
  readonly passkey?: Omit<PasskeyForm, 'action'>
  readonly problem: SecondProblem | undefined
}

export type Pages = ReturnType<typeof createPages>

export function createPages({ assets, base, csrf, reference, kindOf }: Needs) {
  const at = (uid: string, rest = '') => `${base}/login/${uid}${rest}`
  const sourceAt = (uid: string, { alias }: Source) => at(uid, `/source/${encodeURIComponent(alias)}`)
  const words = (code: ReasonCode, lang: Language) => {
    const { title, cause } = reasonWords(code, reasons[code], lang)
    return { assets, lang, status: reasons[code].status, title, cause, fix: adviceFor(code, lang) }
  }

  return {
    signIn(
      { interaction: { uid, flow, params }, client, lang }: Visit,
      { from, more, discover, lastUsed, password, passkey, email, looked }: Choice,
    ): string {
      const typed = from.filter((source) => kindOf(source) === 'password')
      // One password source is a form at once; several are doors like the others, lest a password goes to the wrong one.
      const form =
        password ?? (typed.length === 1 && typed[0] ? { source: typed[0], username: params.login_hint } : undefined)
      return signInView({
        ...{ assets, lang },
        application: applicationOf(client),
        sources: from
          .filter((source) => source.id !== form?.source.id)
          .map((source) => ({
            alias: source.alias,
            name: source.name,
            href: sourceAt(uid, source),
            lastUsed: source.alias === lastUsed,
          })),
        ...(more && { find: { action: at(uid), text: looked?.text, isMore: looked?.more ?? false } }),
        ...(form && {
          password: {
            alias: form.source.alias,
            name: form.source.name,
            action: sourceAt(uid, form.source),
            ...(form.username !== undefined && { username: form.username }),
            ...(passkey &&
              form.source.type === 'local' && {
                passkey: { ...passkey, action: at(uid, `/passkey/${encodeURIComponent(form.source.alias)}`) },
              }),
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

    /** The password of a local user was right, and is not enough. */
    secondStep(
      { interaction: { uid, flow }, client, lang }: Visit,
      { username, has, passkey, problem }: Second,
    ): string {
      return secondStepView({
        ...{ assets, lang, username, ...has },
        application: applicationOf(client),
        action: at(uid, '/second-step'),
        ...(passkey && { passkey: { ...passkey, action: at(uid, '/second-step') } }),
        ...(problem && { problem: factorWords(lang).step.problems[problem], inRecovery: problem === 'recovery_wrong' }),
        csrf: csrf(uid),
        again: at(uid, '/again'),
        back: { action: at(uid, '/back') },
        reference: reference(flow),
      }).toString()
    },

    consent({ interaction: { uid, flow }, client, lang }: Visit, scopes: readonly string[], name: string): string {
      return consentView({
        ...{ assets, lang },
        application: applicationOf(client),
        account: { name },
        scopes: scopes.map((scope) => scopeWords(scope, lang)),
        action: at(uid, '/consent'),
        csrf: csrf(uid),
        reference: reference(flow),
      }).toString()
    },

    /** A refusal in an open sign-in: one door back to its beginning, one to the application. */
    refused({ interaction: { uid, flow }, client, lang }: Visit, code: ReasonCode, detail?: string): string {
      const { ways } = wordsIn(lang)
      return problemView({
        ...words(code, lang),
        reference: reference(flow),
        application: applicationOf(client),
        ...(detail && { detail }),
        ways: [
          { label: ways.again, href: at(uid, '/again') },
          { label: ways.backTo(nameOf(client)), action: at(uid, '/back'), fields: { csrf: csrf(uid), reason: code } },
        ],
      }).toString()
    },

    /** A refusal where no sign-in is open. */
    lost(
      code: ReasonCode,
      { reference, ways, lang }: { reference: string; ways: readonly [Way, ...Way[]]; lang: Language },
      client?: Client,
    ): string {
      return problemView({
        ...words(code, lang),
        reference,
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

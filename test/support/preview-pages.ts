import { homeView } from '#views/home.ts'
import type { Html } from '#views/html.ts'
import type { Application } from '#views/layout.ts'
import { problemView } from '#views/problem.ts'
import { consentView } from '#views/signin/consent.ts'
import { leavingView } from '#views/signin/leaving.ts'
import { loggedOutView, logoutView, stayedView } from '#views/signin/logout.ts'
import { type StaysPage, staysView } from '#views/signin/sessions.ts'
import { type SignIn, signInView } from '#views/signin/sign-in.ts'
import { type TestReport, testBeginView, testReportView } from '#views/signin/test-login.ts'
import { adviceFor, scopeWords } from '#views/words.ts'
import { securityPreviews } from './preview-security.ts'

export const assets = '/assets'

const application: Application = {
  name: 'Patient App',
  url: 'https://patients.example.com/',
  policyUrl: 'https://patients.example.com/privacy',
  termsUrl: 'https://patients.example.com/terms',
}

const reference = '7K3-QF2-M9A'
const csrf = 'vA1nT9Yq'
const okta = { alias: 'Okta', name: 'Corporate Okta', href: '/login/u1/source/Okta', lastUsed: false }
const partner = { alias: 'partner', name: 'Partner login', href: '/login/u1/source/partner', lastUsed: true }
const local = { alias: 'local', name: 'a Gatehouse account', action: '/login/u1/password/local' }
const account = { name: 'ada.lovelace@acme.com' }

const signIn: SignIn = {
  assets,
  application,
  sources: [okta, partner],
  password: local,
  csrf,
  back: { action: '/login/u1/abandon' },
  reference,
}

const scopes = (names: string) => names.split(' ').map((name) => scopeWords(name))
const consent = {
  assets,
  application,
  account,
  scopes: scopes('openid profile email groups'),
  action: '/login/u1/consent',
  csrf,
  reference,
}

const noon = Date.UTC(2026, 10, 21, 12)
const stays: StaysPage = {
  assets,
  account,
  now: noon,
  csrf,
  endAction: '/sessions/end',
  security: { href: '/security', label: 'Your sign-in security' },
  endOthersAction: '/sessions/end-others',
  withdrawAction: '/sessions/withdraw',
  agreements: [
    {
      id: 'c1',
      name: 'Travel planner',
      receives: ['Recognise you', 'Your name', 'Your e-mail address'],
      givenAt: noon - 9 * 86_400_000,
    },
  ],
  stays: [
    {
      id: 's1',
      source: 'Corporate Okta',
      applications: ['Patient App', 'Rota'],
      device: { browser: 'Firefox', system: 'Windows', address: '2001:db8::7' },
      startedAt: noon - 40_000,
      current: true,
    },
    { id: 's2', source: 'Partner login', applications: [], startedAt: noon - 3 * 3_600_000, current: false },
    { id: 's3', source: 'Corporate Okta', applications: ['Rota'], startedAt: noon - 26 * 3_600_000, current: false },
  ],
}

// What registrations and identity providers may send us, at its worst.
const testReport: TestReport = {
  assets,
  source: { name: 'Corporate Okta' },
  stored: true,
  state: 'succeeded',
  steps: [
    { at: noon, what: 'departed', detail: { to: 'https://acme.okta.com/authorize' } },
    ...['arrived', 'mapped', 'succeeded'].map((what) => ({ at: noon + 4000, what })),
  ],
  result: {
    received: { sub: '00u1', email: 'ada.lovelace@acme.com', groups: ['Staff', 'Everyone'] },
    mapped: { claims: { email: 'ada.lovelace@acme.com' }, groups: ['Staff'], roles: [{ name: 'nurse', client: null }] },
    dropped: [{ path: 'picture', reason: 'wrong_type', value: 'object' }],
    tokens: { access_token: { iss: 'https://login.example.com', groups: ['Staff'] }, id_token: { typ: 'ID' } },
    apis: [
      { name: 'Patient API', allowed: true, because: [] },
      { name: 'Laboratory', allowed: false, because: ['It wants one of the groups Laboratory.'] },
    ],
  },
}

export const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
const endless = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'
  .repeat(4)
  .slice(0, 300)
const rightToLeft = 'تطبيق المرضى في المستشفى الجامعي'
const longMail = `${'a'.repeat(64)}@${'department.'.repeat(16)}example.com`

const strained = (name: string): SignIn => ({
  ...signIn,
  application: { ...application, name, policyUrl: 'javascript:alert(1)' },
  sources: [
    { ...okta, name, lastUsed: true },
    { ...partner, name: longMail, lastUsed: false },
  ],
  password: { ...local, name, username: longMail, problem: `${name} ${name}` },
  notice: name,
})

/** Every page in every state, by the path at which the tests look at it. */
export const previews: Readonly<Record<string, Html>> = {
  ...securityPreviews,
  'sign-in': signInView(signIn),
  'sign-in-sources': signInView({ ...signIn, password: undefined, back: undefined }),
  'sign-in-password': signInView({ ...signIn, sources: [] }),
  'sign-in-wrong': signInView({
    ...signIn,
    sources: [],
    password: { ...local, username: 'ada', problem: 'The user name or password is not right.' },
  }),
  'sign-in-sources-wrong': signInView({
    ...signIn,
    password: { ...local, username: 'ada', problem: 'The user name or password is not right.' },
  }),
  'sign-in-domain': signInView({
    ...signIn,
    sources: [],
    password: undefined,
    discover: { action: '/login/u1/discover' },
  }),
  'sign-in-domain-unknown': signInView({
    ...signIn,
    password: undefined,
    discover: { action: '/login/u1/discover', email: 'ada@nowhere', problem: 'Enter your whole work e-mail address.' },
  }),
  'sign-in-everything': signInView({
    ...signIn,
    discover: { action: '/login/u1/discover' },
    notice: 'Your session has ended. Sign in again to go on where you were.',
  }),
  'sign-in-many': signInView({ ...signIn, find: { action: '/login/u1', text: undefined, isMore: false } }),
  'sign-in-none': signInView({
    ...{ ...signIn, sources: [], password: undefined },
    find: { action: '/login/u1', text: endless, isMore: false },
  }),
  'sign-in-hostile': signInView(strained(hostile)),
  'sign-in-endless': signInView(strained(endless)),
  'sign-in-right-to-left': signInView(strained(rightToLeft)),
  consent: consentView(consent),
  'consent-powerful': consentView({
    ...consent,
    scopes: scopes('openid offline_access admin patients:write'),
    lifetime: 30 * 86_400,
  }),
  'consent-hostile': consentView({
    ...consent,
    application: { name: hostile, policyUrl: 'javascript:alert(1)' },
    account: { name: hostile },
    scopes: scopes(`openid ${'x'.repeat(300)}`).concat(scopeWords(hostile)),
  }),
  'consent-endless': consentView({ ...consent, application: { name: endless }, account: { name: longMail } }),
  logout: logoutView({
    assets,
    application,
    account,
    action: '/logout/confirm',
    xsrf: csrf,
    upstream: { name: 'Corporate Okta' },
  }),
  'logout-alone': logoutView({ assets, account, action: '/logout/confirm', xsrf: csrf }),
  'logout-endless': logoutView({
    assets,
    clientName: endless,
    account: { name: longMail },
    action: '/logout/confirm',
    xsrf: csrf,
    upstream: { name: rightToLeft },
  }),
  'logged-out': loggedOutView({ assets, start: '/', application }),
  'logged-out-upstream': loggedOutView({
    assets,
    start: '/',
    application,
    upstreamStillOpen: { name: 'Corporate Okta' },
  }),
  home: homeView({ assets, issuer: 'https://login.example.com' }),
  'logged-out-not': stayedView({ assets, start: '/', application }),
  'logged-out-not-alone': stayedView({ assets, start: '/' }),
  sessions: staysView(stays),
  'sessions-one': staysView({ ...stays, stays: stays.stays.slice(0, 1), agreements: [] }),
  'sessions-hostile': staysView({
    ...stays,
    account: { name: hostile },
    agreements: [endless, hostile].map((name) => ({ id: hostile, name, receives: [endless, hostile], givenAt: noon })),
    stays: [endless, rightToLeft, longMail].map((source, index) => ({
      id: hostile,
      source,
      applications: [endless, hostile, rightToLeft],
      startedAt: noon,
      current: index === 0,
    })),
  }),
  leaving: leavingView({
    assets,
    sourceName: 'Partner ADFS',
    url: '/arrived',
    fields: { SAMLRequest: 'PHNhbWw+', RelayState: 'x' },
  }),
  problem: problemView({
    assets,
    application,
    status: 403,
    title: 'The identity provider refused the sign-in',
    cause: 'The identity provider answered with an error instead of a login.',
    fix: adviceFor('upstream_refused'),
    detail: 'access_denied: User is not assigned to the client application.',
    reference,
    ways: [
      { label: 'Try again', href: '/login/u1' },
      { label: 'Back to Patient App', action: '/login/u1/abandon', fields: { csrf } },
    ],
  }),
  'problem-lost': problemView({
    assets,
    status: 400,
    title: 'This sign-in is no longer open',
    cause: 'The sign-in was finished, has expired, was begun in another browser, or this one keeps no cookies.',
    fix: adviceFor('interaction_lost'),
    reference,
    ways: [
      { label: 'Continue to Patient App', href: '/authorize?client_id=patients' },
      { label: 'Back to Patient App', href: 'https://patients.example.com/' },
    ],
  }),
  'problem-unexpected': problemView({
    assets,
    status: 500,
    title: 'Something went wrong on our side',
    cause: 'Gatehouse met a state it was not made for. It has been written down.',
    fix: adviceFor('unexpected'),
    reference,
    ways: [{ label: 'Try again', href: '/login/u1' }],
  }),
  'test-login': testBeginView({ assets, source: { name: 'Corporate Okta' }, action: '/test-login/t1/s', csrf }),
  'test-login-succeeded': testReportView(testReport),
  'test-login-refused': testReportView({
    ...testReport,
    stored: false,
    state: 'refused',
    reason: { code: 'groups_overage', title: 'Your groups could not be read', cause: 'Too many.', fix: 'Send fewer.' },
    result: null,
  }),
  'test-login-hostile': testReportView({
    ...testReport,
    source: { name: hostile },
    steps: [{ at: noon, what: hostile, detail: { [hostile]: hostile } }],
    result: {
      received: { [hostile]: [hostile, endless] },
      mapped: { name: rightToLeft },
      dropped: [hostile],
      tokens: { access_token: { sub: hostile }, id_token: { sub: endless } },
      apis: [{ name: hostile, allowed: false, because: [hostile, endless] }],
    },
  }),
  'problem-hostile': problemView({
    assets,
    status: 403,
    title: hostile,
    cause: endless,
    fix: rightToLeft,
    detail: `${hostile} ${endless}`,
    reference,
    ways: [
      { label: endless, href: 'javascript:alert(1)' },
      { label: endless, href: 'com.example.app:/callback?error=access_denied' },
      { label: endless, action: '/login/u1/abandon', fields: { [hostile]: hostile } },
    ],
  }),
}

import type { ReasonCode } from '../../src/reasons.ts'
import { type Html, html } from '../html.ts'
import { frameWords } from './frame.ts'

/** A name in a sentence: plain, as a title needs it, or already marked up. */
export type Text = Html | string

const unit = (amount: number, name: 'day' | 'hour' | 'minute'): string =>
  new Intl.NumberFormat('en', { style: 'unit', unit: name, unitDisplay: 'long' }).format(amount)

function duration(seconds: number): string {
  if (seconds >= 172_800) return unit(Math.floor(seconds / 86_400), 'day')
  if (seconds >= 7200) return unit(Math.floor(seconds / 3600), 'hour')
  return unit(Math.max(1, Math.floor(seconds / 60)), 'minute')
}

function ago(seconds: number): string {
  if (seconds < 60) return 'just now'
  const unitOf = seconds >= 172_800 ? 'day' : seconds >= 7200 ? 'hour' : 'minute'
  const amount = Math.floor(seconds / { day: 86_400, hour: 3600, minute: 60 }[unitOf])
  return new Intl.RelativeTimeFormat('en', { numeric: 'always' }).format(-amount, unitOf)
}

const moment = (date: Date): string =>
  `${new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(date)} UTC`

const tellAdministrator = 'Only an administrator can change this. Give them the reference below.'
const startAgain = 'Go back to the application and sign in from there.'

/** Every word on the pages people meet when they sign in. Sentence case; numbers instead of "some". */
export const en = {
  ...frameWords.en,
  test: {
    title: (source: Text) => html`Test sign-in with ${source}`,
    explain:
      'An administrator is trying out this way of signing in. Sign in as usual: nobody is signed in by it, and nothing is kept. What the identity provider says about you is shown to you and to the administrator.',
    begin: 'Begin the test',
    succeeded: 'This sign-in would succeed.',
    open: 'The test has not finished yet.',
    nothing: 'Nobody was signed in, and nothing was kept but this report, for half an hour.',
    draft: 'The source was tried as a draft, not as it is saved.',
    steps: 'Step by step',
    step: (what: string) =>
      ({
        departed: 'The browser left for the identity provider',
        arrived: 'It came back, and the answer was verified',
        wrong_password: 'The user name or the password was wrong',
        proven: 'The password was right',
        mapped: 'The answer was mapped',
        succeeded: 'The person would be let in',
        refused: 'The person would not be let in',
        could_not_tell: 'The identity provider did not answer',
      })[what] ?? what,
    moment,
    received: 'What the identity provider said',
    mapped: 'What became of it: claims, groups and roles',
    dropped: 'What was dropped, and why',
    accessToken: 'The access token there would be (not signed)',
    idToken: 'The ID token there would be (not signed)',
    apis: 'What it would open',
    allowed: 'allowed',
    denied: 'denied',
  },
  backTo: (application: Text) => html`Back to ${application}`,

  signIn: {
    title: (application: Text) => html`Sign in to ${application}`,
    sources: 'Ways to sign in',
    continueWith: (source: Text) => html`Continue with ${source}`,
    lastUsed: 'Last used on this device',
    orWith: (source: Text) => html`or with ${source}`,
    orByEmail: 'or with your work e-mail address',
    find: 'Your organisation',
    findHelp: 'Part of its name: there are more ways to sign in than are listed here.',
    findSubmit: 'Find',
    findNone: (text: Text) => html`No way to sign in is called ${text}.`,
    findMore: 'More fit than are listed here. Enter more of the name.',
    findAgain: 'Choose another way',
    username: 'User name',
    password: 'Password',
    show: 'Show',
    showLabel: 'Show password',
    hide: 'Hide',
    hideLabel: 'Hide password',
    submit: 'Sign in',
    email: 'Work e-mail address',
    emailHelp: 'Its domain tells us where you sign in.',
    emailUnknown: 'No way to sign in is known for this address',
    continue: 'Continue',
  },

  consent: {
    title: (application: Text) => html`${application} asks to use your account`,
    account: (account: Text) => html`You are signed in as ${account}.`,
    receives: 'What it would receive',
    lasts: (seconds: number | undefined) =>
      seconds === undefined
        ? 'Your consent holds until you withdraw it.'
        : `Your consent holds for ${duration(seconds)}.`,
    again: (application: Text) => html`If you do not allow it, you return to ${application} and nothing is shared.`,
    allow: 'Allow',
    deny: 'Do not allow',
  },

  home: {
    title: 'Sign-in service',
    what: 'Applications and APIs of this organisation use this service to find out who their users are.',
    people: 'To sign in',
    how: 'Open the application you want to use. It brings you back here when you need to sign in.',
    developers: 'To connect an application',
    issuer: 'This issuer, as OpenID Connect libraries ask for it:',
    copyLabel: 'Copy the issuer',
    administrators: 'To administer',
    console: 'Open the console',
    adminApi: 'Programs use the admin API:',
    discovery: 'OpenID Connect metadata',
  },

  logout: {
    title: 'Sign out?',
    asked: (application: Text) => html`${application} asks to sign you out.`,
    account: (account: Text) => html`You are signed in as ${account}.`,
    ends: 'Ends',
    endsWhat: 'Your session at Gatehouse, and with it your access in every application you opened through it.',
    stays: 'Stays',
    mayStay: 'May stay',
    mayStayUpstream: (source: Text) => html`Your session at ${source}, unless ${source} lets it end with this one.`,
    staysWhat: 'What you kept open in an application that has its own session.',
    yes: 'Sign out',
    no: 'Stay signed in',
  },

  loggedOut: {
    title: 'You are signed out',
    ended: 'Your session at Gatehouse has ended.',
    start: 'To the start page',
    stillOpen: (source: Text) => html`You are still signed in at ${source}`,
    stayed: 'You are still signed in',
    stayedWhat: 'Your session at Gatehouse goes on.',
    stayedWithout: (application: Text) =>
      html`Your session at Gatehouse goes on. ${application} has no access through it any more.`,
    stillOpenFix: 'Whoever uses this browser next could come in through it. On a shared computer, sign out there too.',
  },

  stays: {
    title: 'Where you are signed in',
    account: (account: Text) => html`You are signed in as ${account}.`,
    here: 'In this browser',
    through: (source: Text) => html`Through ${source}`,
    since: (when: Html) => html`Signed in ${when}.`,
    device: (browser: string, system: string, address: Text) =>
      html`${browser !== '' && system !== '' ? `${browser} on ${system}` : browser || system || 'An unknown browser'}, from ${address}.`,
    ago,
    moment,
    opened: (applications: Html) => html`Opened: ${applications}.`,
    nothingOpened: 'No application is open.',
    end: 'End session',
    endHere: 'Sign out here',
    endOthers: (others: number) => (others === 1 ? 'End the other session' : `End all ${others} others`),
    alone: 'You are signed in nowhere else.',
    applications: 'What you end here ends in every application you opened through it.',
    agreements: 'What you agreed to share',
    receives: (what: Html) => html`It receives: ${what}.`,
    receivesNothing: 'It receives nothing in particular.',
    agreed: (when: Html) => html`Agreed ${when}.`,
    withdraw: 'Withdraw',
    withdrawn:
      'An application you withdraw from has no access any more, and asks you again. It may keep what it has received.',
  },

  problem: {
    why: 'Why',
    todo: 'What to do',
    detail: 'What the other side said',
    status: (status: number) => `Status ${status}`,
  },

  ways: {
    again: 'Try again',
    start: 'To the start page',
    console: 'To the console',
    goOn: 'Go on signing in',
    continueTo: (application: string) => `Continue to ${application}`,
    backTo: (application: string) => `Back to ${application}`,
  },

  /** What went wrong before or beside a sign-in, where no reason of ours says so. */
  failures: {
    unanswered: {
      title: 'The service cannot answer just now',
      cause:
        'A part of the service that is needed for this did not answer. Nothing was decided and nothing was changed.',
      fix: 'Try again in a moment. If it happens again, give the reference to an administrator.',
    },
    /** `found`: in the words of the protocol, for the application's developers. */
    request: (found: string) => ({
      title: 'The application sent a request that cannot be followed',
      cause: `The sign-in service checked the request and found: ${found}.`,
      fix: 'Go back to the application and start again. If it happens again, tell its developers what is written here.',
    }),
    broken: {
      title: 'Something went wrong on our side',
      cause: 'The service met an error it did not expect.',
      fix: 'Try again. If it happens again, give the reference to an administrator: the log has the cause under it.',
    },
    malformed: {
      title: 'The request is not valid',
      cause: 'The request cannot be understood.',
      fix: 'Correct the request.',
    },
  },

  leaving: {
    title: (source: Text) => html`On to ${source}`,
    explain: (source: Text) => html`You sign in at ${source} and come back here afterwards.`,
    continue: 'Continue',
  },

  scopes: {
    openid: { title: 'Recognise you', description: 'A code that stands for your account and stays the same.' },
    profile: { title: 'Your name', description: 'Full name, given and family name, user name.' },
    email: { title: 'Your e-mail address', description: 'And whether it has been verified.' },
    address: { title: 'Your postal address', description: 'As your organisation keeps it.' },
    phone: { title: 'Your telephone number', description: 'And whether it has been verified.' },
    groups: { title: 'Your groups', description: 'The groups you belong to in your organisation.' },
    roles: { title: 'Your roles', description: 'What you are allowed to do in this application and its APIs.' },
    offline_access: {
      title: 'Access while you are away',
      description: 'It keeps working for you after you have signed out.',
    },
    admin: {
      title: 'Administer Gatehouse',
      description: 'Read and change every setting, source, client and user in your name.',
    },
    'admin:read': {
      title: 'Read the settings of Gatehouse',
      description: 'See every setting, source, client and user, and change none.',
    },
  },
  otherScope: (name: string) => ({
    title: name,
    description: 'A permission the application and its API have agreed on under this name.',
  }),

  advice: {
    account_disabled: tellAdministrator,
    account_unknown: 'Sign in again. If that does not help, give an administrator the reference below.',
    client_disabled: tellAdministrator,
    source_disabled: 'Sign in another way, or ask an administrator.',
    source_not_allowed: 'Sign in another way. An administrator can open this one to the application.',
    no_source_applies: tellAdministrator,
    session_ended: 'Sign in again.',
    not_an_administrator: 'Sign in with an administrator’s account, or ask to be made one.',
    bad_credentials: 'Check the user name and the keyboard, then try again.',
    too_many_attempts: 'Wait a few minutes before the next attempt.',
    interaction_lost: startAgain,
    forged_form: 'Go back to the sign-in page and send the form from there.',
    trip_unknown: startAgain,
    trip_misdirected: 'Start again. If it happens again, give an administrator the reference below.',
    upstream_refused:
      'Try again, or sign in another way. The reference below tells an administrator what was answered.',
    upstream_invalid: tellAdministrator,
    upstream_misconfigured: tellAdministrator,
    upstream_unavailable: 'Try again in a moment, or sign in another way.',
    temporarily_unavailable: 'Try again in a moment.',
    reauthentication_unproven: 'Sign out at your identity provider, then sign in again.',
    unmet_authentication_requirements: 'Sign in with a stronger method, such as a security key, if you have one.',
    another_person: 'Sign in as the person who uses the application, or sign out there first.',
    consent_denied: 'You can start again from the application and allow it.',
    sign_in_abandoned: startAgain,
    not_found: 'Check the address, or start again from the application.',
  } satisfies Partial<Record<ReasonCode, string>>,
  otherAdvice: 'Try again. If that does not help, give an administrator the reference below.',
}

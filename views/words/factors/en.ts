import { type Html, html } from '../../html.ts'

type Name = Html | string

const codes = (count: number): string => (count === 1 ? '1 recovery code' : `${count} recovery codes`)

/** Second factors: the step that asks for one, and the page where people keep theirs. */
export const en = {
  step: {
    title: 'One more step',
    lead: (application: Name, username: Name) =>
      html`You are signing in to ${application} as ${username}. Your password was right; now show that it is you.`,
    passkey: 'Use a passkey',
    passkeyFailed: 'No passkey was used. Try again, or choose another way.',
    code: 'Code from your authenticator app',
    codeHelp: 'Six digits; a new one every 30 seconds.',
    submit: 'Continue',
    orCode: 'or with a code',
    lost: 'Your device is not at hand?',
    recovery: 'Recovery code',
    recoveryHelp: 'One of those you kept when you set this up. Each works once.',
    recoverySubmit: 'Use the recovery code',
    again: 'Start over',
    backTo: (application: Name) => html`Back to ${application}`,
    problems: {
      second_factor_wrong: 'This code is wrong or was used already. Wait for the next one and type that.',
      recovery_wrong: 'This recovery code is wrong or was used already. Each works once.',
      passkey_refused: 'This passkey was not accepted. Try again, or choose another way.',
      too_many_attempts: 'Too many attempts. Wait a few minutes, then try again.',
    },
  },
  signIn: {
    passkey: 'Sign in with a passkey',
    failed: 'No passkey was used. Try again, or sign in with your password.',
  },
  security: {
    title: 'Your sign-in security',
    account: (account: Name) => html`You are signed in as ${account}.`,
    elsewhere: (source: Name) =>
      html`You sign in through ${source}. Your password and your second factors are kept there; change them there.`,
    required:
      'Administrators need a second factor here. Set up an authenticator app or a passkey, then go on to the console.',
    toConsole: 'On to the console',
    sessions: 'Where you are signed in',
    app: 'Authenticator app',
    appWhat: 'An app on your telephone shows a code that you type after your password.',
    appOn: (when: Name) => html`Set up ${when}.`,
    usedNever: 'Not used yet.',
    used: (when: Name) => html`Last used ${when}.`,
    appSetUp: 'Set up an app',
    remove: 'Remove',
    removeApp: 'Remove the authenticator app',
    removePasskey: (name: string) => `Remove the passkey ${name}`,
    passkeys: 'Passkeys',
    passkeysWhat:
      'A key in your device or password manager, opened by fingerprint, face or PIN. It replaces the password as well.',
    passkeysNone: 'You have none.',
    passkeyAdded: (when: Name) => html`Added ${when}.`,
    passkeyName: 'Name',
    passkeyNameHelp: 'So that you tell it from others: “Work laptop”.',
    passkeyAdd: 'Add a passkey',
    passkeyFailed: 'No passkey was made. Perhaps this device has one already, or the time was up.',
    noScript: 'To add a passkey, this page needs JavaScript and a browser that knows passkeys.',
    recovery: 'Recovery codes',
    recoveryLeft: (count: number) =>
      `You have ${codes(count)} left. Each opens the door once when your device is gone.`,
    recoveryNew: 'Make new ones',
    recoveryNewHelp: 'The ones you have stop working.',
    noneYet: 'Your password alone signs you in. A second factor keeps others out who learn it.',
    removed: 'It is removed.',
    added: 'It is added.',
  },
  password: {
    link: 'Change your password',
    title: 'Change your password',
    lead: 'You are signed out everywhere by it, here too, and sign in again with the new one.',
    current: 'Password of now',
    fresh: 'New password',
    freshHelp: 'At least 8 characters. A long one that nobody else has is best.',
    submit: 'Change password',
    wrong: 'The password of now is not right.',
    back: 'Back',
    changed: 'Your password is changed',
    changedWhat: 'You are signed out everywhere. Sign in with the new password.',
    start: 'Go on',
  },
  setUp: {
    title: 'Set up an authenticator app',
    scan: 'Scan this with the app',
    qr: 'QR code for your authenticator app',
    orType: 'or type this key into it:',
    copy: 'Copy',
    copyLabel: 'Copy the key',
    copied: 'Copied',
    code: 'Code that the app shows now',
    submit: 'Set up',
    back: 'Back',
    wrong: 'This is not the code that the app shows now. Check the clock of the device, then type the next code.',
  },
  codes: {
    title: 'Your recovery codes',
    lead: 'Print them or put them in your password manager. They are shown this once; each works once.',
    label: 'Recovery codes',
    copy: 'Copy all',
    copyLabel: 'Copy all recovery codes',
    copied: 'Copied',
    done: 'I have kept them',
  },
  confirm: {
    title: 'Is it you?',
    lead: 'You signed in a while ago. Before something about your sign-in changes, show that it is still you.',
    password: 'Password',
    code: 'Code from your app, or a recovery code',
    submit: 'Confirm',
    passkey: 'Confirm with a passkey',
    back: 'Back',
    wrong: 'The password or the code is not right.',
  },
}

export type FactorWords = typeof en

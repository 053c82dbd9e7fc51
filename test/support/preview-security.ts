/** The page where people keep what stands beside their password, and those that it leads to. */
import type { Html } from '#views/html.ts'
import { changedView, passwordView } from '#views/signin/password.ts'
import { codesView, confirmView, type SecurityPage, securityView, setUpView } from '#views/signin/security.ts'

const assets = '/assets'
const csrf = 'vA1nT9Yq'
const noon = Date.UTC(2026, 10, 21, 12)

const security: SecurityPage = {
  ...{ assets, csrf, account: { name: 'ada.lovelace@acme.com' }, elsewhere: 'Corporate Okta' },
  own: { passkeys: [], recoveryCodes: 0 },
  links: {
    ...{ setUp: '/security/totp', password: '/security/password', confirm: '/security/confirm' },
    ...{ remove: '/security/remove', recovery: '/security/recovery-codes', sessions: '/sessions' },
  },
}
const { own: _, ...elsewhere } = security
const all: SecurityPage = {
  ...security,
  said: 'added',
  own: {
    app: { id: 'f1', createdAt: noon, lastUsedAt: noon },
    passkeys: [
      { id: 'f2', name: 'Work laptop', createdAt: noon, lastUsedAt: null },
      { id: 'f3', name: 'x'.repeat(60), createdAt: noon, lastUsedAt: noon },
    ],
    recoveryCodes: 8,
  },
}
const password = { assets, csrf, username: 'ada', action: '/security/password', back: '/security' }
const setUp = {
  ...{ assets, csrf, secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', enrolment: 'sealed', action: '/security/totp' },
  ...{ uri: 'otpauth://totp/Gatehouse:ada?secret=JBSWY3DPEHPK3PXP&issuer=Gatehouse', back: '/security', wrong: false },
}
const confirm = { assets, csrf, action: '/security/confirm', asksCode: true, back: '/security' }

export const securityPreviews: Readonly<Record<string, Html>> = {
  security: securityView(security),
  'security-all': securityView(all),
  'security-for-console': securityView({ ...security, forConsole: { href: '/admin/', missing: true } }),
  'security-elsewhere': securityView(elsewhere),
  'security-set-up': setUpView(setUp),
  'security-set-up-wrong': setUpView({ ...setUp, wrong: true }),
  'security-codes': codesView({ assets, codes: Array(10).fill('7k3q-f2m9-a4xw'), done: '/security' }),
  'security-confirm': confirmView({ ...confirm, problem: 'The password or the code is not right.' }),
  'password-change': passwordView(password),
  'password-change-wrong': passwordView({
    ...password,
    problem: { fresh: 'Must have at least 8 characters.' },
  }),
  'password-changed': changedView({ assets, start: '/' }),
}

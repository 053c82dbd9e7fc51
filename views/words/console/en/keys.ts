import { html } from '../../../html.ts'
import type { Text } from '../../../words.ts'

export const keys = {
  title: 'Signing keys',
  lead: 'What tokens are signed with. They rotate by themselves.',
  columns: { key: 'Key', state: 'State', published: 'Published', signs: 'Signed', revoke: 'Revoke' },
  states: { next: 'next: published, does not sign yet', active: 'active: signs', retiring: 'retiring: verifies only' },
  usedFor: 'Every access token, ID token and logout token is signed with the active one, by RS256.',
  notYet: 'not yet',
  from: 'from',
  until: 'to',
  jwks: 'Public keys (JWKS)',
  jwksLead: 'Where applications and gateways find all of them.',
  open: 'Open the list',
  schedule: 'Schedule',
  activeFor: 'A key signs for',
  publishedBefore: 'Published before it signs',
  retiringFor: 'Verifies afterwards for',
  days: (count: number) => (count === 1 ? '1 day' : `${count} days`),
  hours: (count: number) => (count === 1 ? '1 hour' : `${count} hours`),
  nextRotation: 'Rotates by itself',
  byHand: 'By hand',
  rotateFrom: (when: Text) => html`from ${when} on: until then somebody may not know the next key`,
  due: 'with the next check, within a minute',

  rotate: 'Rotate now',
  rotateTitle: 'Let the next key sign now',
  rotateWhat: 'The next key signs from now on, and another one is published as the next.',
  rotateAffected: [
    'Nobody is signed out, and no token ends: the current key goes on verifying.',
    'Applications and gateways know the next key already, since it has been published for long enough.',
    'The schedule counts from now.',
  ],
  rotateYoung: (when: string) =>
    `The next key may sign from ${when} on: until then somebody may keep a list without it, and would refuse what it signs.`,
  rotated: 'The next key signs now.',

  revoke: 'Revoke',
  revokeNamed: (kid: string) => `Revoke the key ${kid}`,
  revokeTitle: 'Revoke a key in an emergency',
  revokeWhat:
    'Only when the key may be in the wrong hands. Nothing it has signed is accepted any more, at the latest two seconds later on every node.',
  revokeConsequences: 'What happens',
  revokeActive: [
    'Every access token and ID token of this key is refused at once: at introspection, userinfo and the gateway.',
    'Applications with a refresh token get new tokens by themselves. Where there is none, people sign in again; whoever still has a session here is not asked for anything.',
    'Sessions, refresh tokens, codes and API keys go on: they are random numbers, not signatures.',
    'Applications and gateways that verify tokens themselves go on believing this key until they fetch the JWKS again: up to an hour. Restart those that must not wait.',
    'The next key signs at once, and another one is published. Somebody who keeps the JWKS for long may refuse new tokens for up to an hour.',
  ],
  revokeNext: [
    'It has signed nothing yet: no token ends, and nobody notices.',
    'Another key is published in its place, and may sign once it has been published for long enough.',
  ],
  revokeRetiring: [
    'Tokens it signed before are refused at once: those of the last minutes, and ID tokens that come back as a hint when somebody signs out.',
    'Applications with a refresh token get new tokens by themselves; nobody is signed out.',
    'Applications and gateways that verify tokens themselves go on believing this key until they fetch the JWKS again: up to an hour.',
  ],
  revokeWord: 'revoke',
  revoked: (kid: string) => `The key ${kid} is revoked.`,
}

/** What the stores and the way in say: what is kept already, what refers to it, and what cannot be read. */
import type { ProblemWords } from '../problems.ts'

export const kept: readonly ProblemWords[] = [
  ['is the {} of another {} already', 'ist schon vergeben ({noun 2})'],
  ['Another {} has this {}', 'der Name ist schon vergeben ({noun 1})'],
  ['is used by the {} {}', 'wird gebraucht: {noun 1} {2}'],
  ['The {} {} is used by {}', 'Es wird noch gebraucht'],
  ['The {} {} is not there in version {}', 'Jemand anderes hat es inzwischen geändert'],
  ['The current version is {}, not {}', 'Jemand anderes hat es inzwischen geändert'],
  ['The user {} is not there in version {}', 'Jemand anderes hat es inzwischen geändert'],
  ["The source's subject {} is linked already", 'Die Identität {1} ist schon verknüpft'],
  ["The session {} is another account's", 'Die Sitzung gehört zu einem anderen Konto'],
  ['The body is nested deeper than {} levels', 'Der Inhalt ist tiefer als {1} Ebenen verschachtelt'],
  ['The body has a member __proto__', 'Der Inhalt hat einen Eintrag __proto__'],
  ['The body has text that is not Unicode', 'Der Inhalt hat Text, der kein Unicode ist'],
  ['The local user {} was removed', 'Die Person wurde inzwischen entfernt'],
  ['{} belongs to another authentication source', '{1} gehört zu einer anderen Anmeldequelle'],
  ['A domain belongs to another authentication source', 'Eine Domain gehört zu einer anderen Anmeldequelle'],
  ['{}{} belongs to the API {}', '{1}{2} gehört zur API {3}'],
  ['An address belongs to another API', 'Eine Adresse gehört zu einer anderen API'],
  ['The source has a user {} already', 'Die Quelle hat schon eine Person {1}'],
  ['must be the next of a page', 'muss die Folge einer Seite sein (next)'],
  ['The character U+0000 cannot be kept', 'Das Zeichen U+0000 lässt sich nicht hinterlegen'],
  ['There is no {}', 'Das gibt es nicht oder nicht mehr'],
  ['must be given once', 'darf nur einmal gesagt werden'],
  ['This needs the scope {}', 'Dazu ist der Scope {1} nötig'],
  ['This needs the role {} of {}', 'Dazu ist die Rolle {1} von {2} nötig'],
  ['The next key may sign from {} on', 'Der nächste Schlüssel darf ab {1} signieren'],
]

/** What the gateway's check says of a caller. */
export const callers: readonly ProblemWords[] = [
  ['No Role(s) are associated for user {} to validate the current request.', '{1} hat hier keine Rolle'],
  ['No Group(s) are associated for user {} to validate the current request.', '{1} ist in keiner Gruppe'],
  [
    'Role(s) {} for user {} do not match the required role(s) for this request.',
    '{2} hat die Rollen {1}, und verlangt sind andere',
  ],
  [
    'Group(s) {} for user {} do not match the required group(s) for this request.',
    '{2} ist in den Gruppen {1}, und verlangt sind andere',
  ],
  ['Claim {} of user {} is not as required.', 'der Claim {1} von {2} ist nicht wie verlangt'],
]

/** Auf Deutsch: was an einer Anfrage oder einem Formular nicht geht. */
import type { TranslatedReasons } from '../reasons.ts'

export const requests = {
  invalid_input: {
    title: 'Die Anfrage ist nicht gültig',
    cause: 'Die Anfrage ist nicht lesbar, oder eine Angabe fehlt, ist unbekannt oder falsch; dabei steht, welche.',
    fix: 'Berichtigen Sie, was genannt ist.',
  },
  not_found: {
    title: 'Unter dieser Adresse ist nichts',
    cause: 'Unter dieser Adresse ist nichts hinterlegt, oder es ist nicht mehr da.',
    fix: 'Prüfen Sie die Adresse und die ID darin.',
  },
  method_not_allowed: {
    title: 'Das geht hier nicht',
    cause: 'Die Adresse gibt es, aber nicht mit dieser Methode.',
    fix: 'Nehmen Sie eine der Methoden aus dem Header Allow.',
  },
  conflict: {
    title: 'Der Name ist vergeben',
    cause: 'Etwas anderes hat diesen Namen schon.',
    fix: 'Wählen Sie einen anderen, oder ändern Sie, was ihn hat.',
  },
  signing_key_too_new: {
    title: 'Der nächste Signaturschlüssel ist zu neu',
    cause:
      'Der nächste Signaturschlüssel ist erst so kurz veröffentlicht, dass noch nicht alle ihn haben müssen, die Tokens prüfen.',
    fix: 'Wechseln Sie zu der Zeit, die die Antwort nennt. Ein Widerruf wartet nicht.',
  },
  in_use: {
    title: 'Es ist in Gebrauch',
    cause: 'Anderes verweist noch darauf; dabei steht, was.',
    fix: 'Ändern oder entfernen Sie erst, was es braucht.',
  },
  changed_meanwhile: {
    title: 'Jemand hat es inzwischen geändert',
    cause: 'Was Sie ändern wollten, ist nicht mehr in dem Stand, den Sie gesehen haben.',
    fix: 'Lesen Sie es noch einmal, und wenden Sie die Änderung darauf an.',
  },
  too_large: {
    title: 'Die Anfrage ist zu groß',
    cause: 'Die Anfrage ist größer, als diese Adresse annimmt.',
    fix: 'Senden Sie weniger.',
  },
  unsupported_media_type: {
    title: 'Diese Art von Inhalt wird nicht verstanden',
    cause: 'Der Inhalt ist nicht von einer Art, die diese Adresse annimmt.',
    fix: 'Senden Sie die Art, die die Dokumentation nennt.',
  },
} as const satisfies TranslatedReasons

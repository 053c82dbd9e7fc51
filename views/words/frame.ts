import { type Html, html } from '../html.ts'

type Name = Html | string

const en = {
  product: 'Gatehouse',
  theme: { dark: 'Dark theme', light: 'Light theme' },
  legal: {
    label: (application: Name) => html`About ${application}`,
    policy: 'Privacy policy',
    terms: 'Terms of use',
  },
  reference: {
    label: 'Reference',
    trouble: 'Trouble? Reference',
    copy: 'Copy',
    copyLabel: 'Copy the reference',
    copied: 'Copied',
  },
}

type FrameWords = typeof en

const de: FrameWords = {
  product: 'Gatehouse',
  theme: { dark: 'Dunkles Design', light: 'Helles Design' },
  legal: {
    label: (application) => html`Über ${application}`,
    policy: 'Datenschutz',
    terms: 'Nutzungsbedingungen',
  },
  reference: {
    label: 'Referenz',
    trouble: 'Probleme? Referenz',
    copy: 'Kopieren',
    copyLabel: 'Die Referenz kopieren',
    copied: 'Kopiert',
  },
}

/** What stands round pages, in all the languages that any of them speaks. */
export const frameWords = { en, de }

export type PageLanguage = keyof typeof frameWords

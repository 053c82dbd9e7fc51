import { de } from './console/de.ts'
import { en } from './console/en.ts'

export type ConsoleWords = typeof en
export type ConsoleLanguage = 'en' | 'de'

/** A sentence that is missing in one of them does not compile. */
const catalogues: Record<ConsoleLanguage, ConsoleWords> = { en, de }

export const consoleWords = (language: ConsoleLanguage): ConsoleWords => catalogues[language]

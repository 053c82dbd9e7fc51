import { de } from './factors/de.ts'
import { en, type FactorWords } from './factors/en.ts'
import type { PageLanguage } from './frame.ts'

export type { FactorWords } from './factors/en.ts'

/** A sentence that is missing in one of them does not compile. */
const catalogues: Record<PageLanguage, FactorWords> = { en, de }

export const factorWords = (language: PageLanguage = 'en'): FactorWords => catalogues[language]

import type { ConsoleWords } from '../../console.ts'

export const addSource: ConsoleWords['addSource'] = { title: 'Quelle hinzufügen' }

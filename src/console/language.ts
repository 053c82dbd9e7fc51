export { languageOf } from '../http/language.ts'

/** What becomes of a form that cannot be acted upon yet: whose it is, where it leads back to, what of it is shown again. */
import type { Context } from 'koa'
import { Refusal } from '../errors.ts'

/** Of the address of a button, such as `/admin/people/{id}/enable`: the page that it stands on. */
export const subjectOf = (path: string, here: string): string =>
  path
    .split('/')
    .slice(0, here.split('/').length + 2)
    .join('/')

/** Only browsers say so, of what their pages send; a header that is absent proves nothing. */
export const isOwnPage = (ctx: Context): boolean => ctx.get('Sec-Fetch-Site') === 'same-origin'

export function whatIsForged(check: () => void): Refusal | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

export const withoutFields = (form: URLSearchParams, names: readonly string[]): URLSearchParams =>
  new URLSearchParams([...form].filter(([name]) => name !== 'csrf' && !names.includes(name)))

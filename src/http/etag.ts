import type { Context } from 'koa'
import { Refusal } from '../errors.ts'

export const setETag = (ctx: Context, version: number): void => ctx.set('ETag', `"${version}"`)

/**
 * The guard on changes (RFC 9110 §13.1.1): rejects with `changed_meanwhile` when there is an If-Match that does
 * not name `current`; an empty one names nothing. Without one the change applies to whatever is there.
 */
export function requireMatch(ctx: Context, current: number): void {
  const condition = ctx.headers['if-match']?.trim()
  if (condition === undefined || condition === '*') return
  const tags = condition.split(',').map((tag) => tag.trim())
  // Strong comparison: W/"3" never matches.
  if (!tags.includes(`"${current}"`)) {
    throw new Refusal(
      'changed_meanwhile',
      `If-Match is ${condition || 'empty'}, and the current version is "${current}"`,
    )
  }
}

/** Whether whoever asks has this version already (RFC 9110 §13.1.2, weak comparison). */
export function hasSameTag(ctx: Context): boolean {
  const known = ctx.get('If-None-Match').trim()
  const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known !== '' && (known === '*' || tags.includes(ctx.response.get('ETag')))
}

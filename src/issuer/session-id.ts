import { idFrom } from '../ids.ts'

/** The broker session that belongs to the OpenID provider's session: the tokens' `sid`, a UUID. */
export const sessionIdOf = (uid: string): string => idFrom(`session:${uid}`)

/** Whoever shuts the source that they have come through is out with the next click: nobody does that to themselves. */
import type { Source, SourceStore } from '../sources/source.ts'
import type { Visit } from './page.ts'

type Who = Pick<Visit, 'administrator'>

export const isOwnSource = ({ administrator }: Who, { alias }: Pick<Source, 'alias'>): boolean =>
  administrator.token.sourceAlias === alias

/** `undefined`: it has been removed since. */
export const ownSource = async ({ administrator }: Who, sources: Pick<SourceStore, 'byAlias'>) =>
  sources.byAlias(administrator.token.sourceAlias ?? '')

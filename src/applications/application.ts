import type { Collection, Entity } from '../collection.ts'

/**
 * What somebody builds upon our APIs. It has an OpenID client of its own, for people to sign in with, and keys for the
 * APIs it may call. Whoever publishes the APIs and whoever owns the application can switch it off, each for themselves.
 */
export interface Application extends Entity {
  readonly name: string
  /** By which files of configuration speak of it; `null`: they do not. */
  readonly slug: string | null
  readonly description: string
  readonly owner: Owner | null
  /** `{id}:OPENID`. The client cannot go while the application is there. */
  readonly clientId: string
  readonly disabledByPublisher: boolean
  readonly disabledByConsumer: boolean
}

export interface Owner {
  readonly name: string
  readonly email: string
}

export interface ApplicationStore extends Collection<Application> {
  /** The one whose own client this is. */
  byClient(clientId: string): Promise<Application | undefined>
}

export const isEnabled = ({
  disabledByPublisher,
  disabledByConsumer,
}: Pick<Application, 'disabledByPublisher' | 'disabledByConsumer'>): boolean =>
  !disabledByPublisher && !disabledByConsumer

import { z } from 'zod'
import type { Client } from '../clients/client.ts'
import type { Application } from './application.ts'

/** What POST and PUT say about an application. Its addresses are checked as those of any client are. */
export const ApplicationInput = z.strictObject({
  name: z.string().trim().min(1).max(200),
  slug: z
    .string()
    .max(63)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens')
    .nullable()
    .default(null),
  description: z.string().max(2000).default(''),
  owner: z
    .strictObject({ name: z.string().trim().min(1).max(200), email: z.email().max(320) })
    .nullable()
    .default(null),
  /** Runs where it can keep no secret: in a browser, or on somebody's device. */
  public: z.boolean().default(false),
  application_type: z.enum(['web', 'native']).default('web'),
  redirect_uris: z.array(z.string()).max(100).default([]),
  post_logout_redirect_uris: z.array(z.string()).max(100).default([]),
  web_origins: z.array(z.string()).max(100).default([]),
  disabled_by_publisher: z.boolean().default(false),
  disabled_by_consumer: z.boolean().default(false),
})

export type ApplicationInput = z.output<typeof ApplicationInput>

/** An application and its own client, which says where it lives and how it authenticates. */
export interface RegisteredApplication {
  readonly application: Application
  readonly client: Client
}

/** What a PUT would have to say to leave the application as it is. */
export const applicationInput = ({ application, client }: RegisteredApplication): ApplicationInput => ({
  name: application.name,
  slug: application.slug,
  description: application.description,
  owner: application.owner && { ...application.owner },
  public: client.metadata.token_endpoint_auth_method === 'none',
  application_type: client.metadata.application_type ?? 'web',
  redirect_uris: [...(client.metadata.redirect_uris ?? [])],
  post_logout_redirect_uris: [...(client.metadata.post_logout_redirect_uris ?? [])],
  web_origins: [...client.webOrigins],
  disabled_by_publisher: application.disabledByPublisher,
  disabled_by_consumer: application.disabledByConsumer,
})

import type { Client } from './client.ts'

/** What administrators think of a client as; it follows from what is said of it. */
export const clientKinds = ['web', 'single_page', 'native', 'machine', 'resource_server'] as const
export type ClientKind = (typeof clientKinds)[number]

export function kindOf({ metadata, resourceServer }: Pick<Client, 'metadata' | 'resourceServer'>): ClientKind {
  if (!metadata.grant_types?.includes('authorization_code')) return resourceServer ? 'resource_server' : 'machine'
  if (metadata.application_type === 'native') return 'native'
  return metadata.token_endpoint_auth_method === 'none' ? 'single_page' : 'web'
}

import { z } from 'zod'
import { ApplicationInput, applicationInput, type RegisteredApplication } from '../applications/application-input.ts'
import type { Applications } from '../applications/applications.ts'
import { rightToClient } from '../roles/changes.ts'
import { iso, type Resource } from './collection.ts'
import type { Described } from './collection-operations.ts'
import { exampleIds, exampleSecret, moments } from './examples.ts'

const described: Described = {
  name: 'Application',
  one: 'an application',
  many: 'applications',
  shown: z.strictObject({
    id: z.uuid(),
    ...ApplicationInput.shape,
    client: z.strictObject({
      client_id: z.string().describe('`{id}:OPENID`'),
      client_secret: z.string().optional().describe('Shown in the answer that made it, and nowhere else.'),
    }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
  inUse: true,
  example: {
    id: exampleIds.application,
    input: {
      name: 'Patient App',
      description: 'Shows patients to those who care for them',
      owner: { name: 'Ada Lovelace', email: 'ada@acme.com' },
      redirect_uris: ['https://patients.example.com/callback'],
    },
    patch: { disabled_by_consumer: true },
    shown: { client: { client_id: `${exampleIds.application}:OPENID` }, ...moments },
    once: { client: { client_id: `${exampleIds.application}:OPENID`, client_secret: exampleSecret } },
  },
}

/** The collection `applications`, each shown with the OpenID client that comes with it. */
export const applicationResource = (
  applications: Applications,
): Resource<RegisteredApplication, typeof ApplicationInput> => ({
  path: 'applications',
  described,
  input: ApplicationInput,
  readOnly: ['id', 'client', 'created_at', 'updated_at'],
  // Whoever says where its people are sent back to receives their tokens.
  right: (before) => rightToClient(before?.client.metadata, undefined),
  list: applications.list,
  get: applications.get,
  create: applications.create,
  replace: applications.replace,
  remove: applications.remove,
  identify: ({ application }) => application,
  inputOf: applicationInput,

  view({ application, client }) {
    return {
      id: application.id,
      ...applicationInput({ application, client }),
      client: { client_id: client.id },
      created_at: iso(application.createdAt),
      updated_at: iso(application.updatedAt),
    }
  },

  once: ({ client }) =>
    client.newSecret === undefined ? {} : { client: { client_id: client.id, client_secret: client.newSecret } },
})

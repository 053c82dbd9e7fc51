import { ApplicationInput, applicationInput, type RegisteredApplication } from '../applications/application-input.ts'
import type { Applications } from '../applications/applications.ts'
import { opensAdministration } from './clients.ts'
import { iso, type Resource } from './collection.ts'

export const applicationResource = (
  applications: Applications,
): Resource<RegisteredApplication, typeof ApplicationInput> => ({
  path: 'applications',
  input: ApplicationInput,
  readOnly: ['id', 'client', 'created_at', 'updated_at'],
  // Whoever says where its people are sent back to receives their tokens.
  right: (before) => (opensAdministration(before?.client.metadata) ? 'administer' : 'edit'),
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

  once: ({ client }, before) =>
    client.secret !== null && !before?.client.secret
      ? { client: { client_id: client.id, client_secret: client.secret } }
      : {},
})

import { z } from 'zod'
import type { Api } from '../apis/api.ts'
import { ApiInput, apiInput } from '../apis/api-input.ts'
import type { Apis } from '../apis/apis.ts'
import { iso, type Resource } from './collection.ts'
import type { Described } from './collection-operations.ts'
import { exampleIds, moments } from './examples.ts'

const described: Described = {
  name: 'Api',
  one: 'an API',
  many: 'APIs',
  shown: z.strictObject({
    id: z.uuid(),
    ...ApiInput.shape,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
  inUse: true,
  example: {
    id: exampleIds.api,
    input: {
      name: 'Patient API',
      slug: 'patients',
      hosts: ['api.example.com'],
      path_prefix: '/patients',
      audience: 'https://api.example.com/patients',
      require_api_key: true,
      required_groups: ['Staff', 'Consultant'],
      claims: [{ claim: 'department', match: 'any', values: ['R&D'] }],
      mask: [{ json_path: '$..ssn', unless_group: 'Staff' }],
    },
    patch: { enforcement: 'report' },
    shown: moments,
  },
}

/** The collection `apis`: protected APIs and their rules. Sources may be named by id or alias. */
export const apiResource = (apis: Apis): Resource<Api, typeof ApiInput> => ({
  path: 'apis',
  isAllVersioned: true,
  described,
  input: ApiInput,
  readOnly: ['id', 'created_at', 'updated_at'],
  right: () => 'edit',
  list: apis.list,
  get: apis.get,
  create: apis.create,
  replace: apis.replace,
  remove: apis.remove,
  identify: (api) => api,
  inputOf: apiInput,
  view: (api) => ({
    id: api.id,
    ...apiInput(api),
    created_at: iso(api.createdAt),
    updated_at: iso(api.updatedAt),
  }),
})

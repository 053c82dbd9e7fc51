import type { Api } from '../apis/api.ts'
import { ApiInput, apiInput } from '../apis/api-input.ts'
import type { Apis } from '../apis/apis.ts'
import { iso, type Resource } from './collection.ts'

export const apiResource = (apis: Apis): Resource<Api, typeof ApiInput> => ({
  path: 'apis',
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

/** What the examples of openapi.json have in common. They tell one story, so that a test can replay it. */
export const exampleIds = {
  source: 'f3a1c7de-90b4-4c57-8d1f-2b6a5e4c3d01',
  localSource: '7e5d2c1b-0a9f-4e8d-b7c6-a5948372615f',
  api: '3d1f6a52-8c1e-4c0b-9a53-5f3f0c2b7e11',
  application: '6fcc0833-1f2e-4d3c-9b8a-7c6d5e4f3a2b',
  apiKey: 'c0ffee00-5d4c-4b3a-a291-807f6e5d4c3b',
  role: '0b64c1a9-52c7-4f5e-8e0c-7a1d3f4b2c31',
  user: 'e2b8f4a6-3c5d-4e7f-9a1b-0c2d4e6f8a0b',
  linkedSource: '4b5c6d7e-8f90-4a1b-8c2d-3e4f5a6b7c8d',
  linkedUser: '2f4e6d8c-0b1a-4c3d-8e5f-6a7b8c9d0e1f',
  session: '1a2b3c4d-5e6f-4a8b-9c0d-1e2f3a4b5c6d',
} as const

export const exampleKid = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'
export const exampleReference = '7K3-QF2-M9A'
export const exampleSecret = 'Y2hhbmdlIG1lIGF0IG9uY2UsIHRoaXMgaXMgYW4gZXhhbXBsZQ'

export const moments = { created_at: '2026-02-03T04:05:06.000Z', updated_at: '2026-02-03T04:05:06.000Z' }

/** What is wrong with a request, of the admin API above all. */
import type { Reason } from './reason.ts'

export const requests = {
  invalid_input: {
    status: 400,
    title: 'The request is not valid',
    cause: 'The request cannot be read, or a member of it is missing, unknown or wrong; errors says which.',
    fix: 'Correct what detail says, or the members listed under errors.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this address',
    cause: 'Nothing is kept under this address, or it is no longer there.',
    fix: 'Check the address, and the id in it; in the admin API, the collection lists what there is.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This cannot be done here',
    cause: 'The address exists, but not with this method.',
    fix: 'Use one of the methods in the Allow header.',
  },
  conflict: {
    status: 409,
    title: 'The name is taken',
    cause: 'Another object already has this natural key.',
    fix: 'Choose another one, or change the object that has it.',
  },
  signing_key_too_new: {
    status: 409,
    title: 'The next signing key is too new',
    cause: 'The next signing key was published so recently that verifiers of tokens may not have it yet.',
    fix: 'Rotate at the time that the answer names. If a key may be in the wrong hands, revoke it: that does not wait.',
  },
  in_use: {
    status: 409,
    title: 'It is in use',
    cause: 'Other objects still refer to it; errors names them.',
    fix: 'Change or remove those first.',
  },
  changed_meanwhile: {
    status: 412,
    title: 'Somebody changed it in the meantime',
    cause: 'The version in If-Match is not the current one.',
    fix: 'Read it again, apply the change to what it says now, and send that with its ETag.',
  },
  too_large: {
    status: 413,
    title: 'The request is too large',
    cause: 'The body exceeds what this address accepts.',
    fix: 'Send less.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'This media type is not understood',
    cause: 'The body is not of a type this address accepts.',
    fix: 'Send the media type named in the documentation.',
  },
} as const satisfies Record<string, Reason>

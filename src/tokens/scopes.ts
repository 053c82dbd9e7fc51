/** What may be asked for. */
export const openidScopes = [
  'openid',
  'offline_access',
  'profile',
  'email',
  'address',
  'phone',
  'groups',
  'roles',
] as const
export const adminScopes = ['admin', 'admin:read'] as const

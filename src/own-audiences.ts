/** What the admin API's tokens have for their audience. */
export const adminAudience = (issuer: string): string => `${issuer}/admin/api`

/** Whether an audience is the broker's own: neither a client nor an API may go by it. */
export const isOwnAudience =
  (issuer: string) =>
  (audience: string): boolean =>
    audience.startsWith('urn:gatehouse:') ||
    [issuer, adminAudience(issuer)].some((own) => audience.replace(/\/+$/, '') === own)

/** How the provider's cookies are called and set: bound to the host where they span it, to https where there is https. */
export function cookieSettings(issuer: URL) {
  const secure = issuer.protocol === 'https:'
  const common = { httpOnly: true, sameSite: 'lax', secure, signed: true, overwrite: true } as const
  return {
    names: {
      session: secure ? '__Host-gatehouse' : 'gatehouse',
      // Narrower than the host, by path, so that tabs do not meet: `__Secure-` is as far as it goes.
      interaction: secure ? '__Secure-gatehouse_interaction' : 'gatehouse_interaction',
      resume: secure ? '__Secure-gatehouse_resume' : 'gatehouse_resume',
      outcome: secure ? '__Secure-gatehouse_outcome' : 'gatehouse_outcome',
    },
    long: { ...common, path: '/' },
    short: common,
  } as const
}

export type CookieSettings = ReturnType<typeof cookieSettings>

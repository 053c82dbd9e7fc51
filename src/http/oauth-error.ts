/** An error for programs in OAuth's words (RFC 6749 §5.2), whose descriptions have no quotes, backslashes or accents. */
export const oauthError = (error: string, description: string) => ({
  error,
  error_description: description.replaceAll('"', "'").replaceAll(/[^\x20-\x7e]|\\/gu, '?'),
})

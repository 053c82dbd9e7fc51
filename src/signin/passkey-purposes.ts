/** What a passkey is asked for: an answer to one is none to another. */

/** After the password, of the user whose it was. */
export const secondStepPurpose = (uid: string, userId: string): string => `login/${uid}/${userId}`

/** Instead of a name and a password. */
export const passkeyAlonePurpose = (uid: string): string => `login/${uid}`

/** On the page of one's own factors. */
export const addPurpose = (sessionId: string): string => `add/${sessionId}`
export const confirmPurpose = (sessionId: string): string => `confirm/${sessionId}`

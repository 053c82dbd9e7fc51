import { z } from 'zod'

const Patient = z.object({ name: z.string(), born: z.string(), ssn: z.string() })
export type Patient = z.infer<typeof Patient>

/** Asks the Patient API, in the name of the person who is signed in. A string is what went wrong. */
export async function fetchPatient(api: URL, accessToken: string): Promise<Patient | string> {
  try {
    const answer = await fetch(new URL('/patients/1', api), { headers: { authorization: `Bearer ${accessToken}` } })
    if (answer.ok) return Patient.parse(await answer.json())
    return `The Patient API answered ${answer.status}.`
  } catch (error) {
    console.error(error)
    return 'The Patient API did not answer.'
  }
}

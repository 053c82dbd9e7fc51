/** `npm run faults` runs the drills at their full length; `npm test` the same, shortened. */
export const isLong = process.env.FAULTS === 'long'

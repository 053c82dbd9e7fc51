/**
 * The browser of the tests: the program `CHROMIUM` names, or else the first Chromium or Chrome found.
 * `undefined` when there is none, or none where `CHROMIUM` says.
 */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | undefined

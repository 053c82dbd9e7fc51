/**
 * What a session tells of the browser that it was begun in, so that people recognise their own and notice a strange one: the
 * browser's and the system's names without versions, and the network address. Nothing else of what browsers send is kept, and
 * this is kept as long as the session and nowhere else.
 */
export interface Device {
  /** Empty: it is none of those that are known here. */
  readonly browser: string
  readonly system: string
  readonly address: string
}

/** Those that others pretend to be stand last. */
const browsers: readonly (readonly [name: string, sign: RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\b(?:OPR|OPT|Opera)\b/],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//],
  ['Safari', /\bVersion\/\S+.*\bSafari\//],
]

const systems: readonly (readonly [name: string, sign: RegExp])[] = [
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
]

const known = (text: string, names: typeof browsers): string => names.find(([, sign]) => sign.test(text))?.[0] ?? ''

/** By the header `User-Agent`. */
export function deviceOf(userAgent: string, address: string): Device {
  // Whoever sends more than that hides in it.
  const text = userAgent.slice(0, 400)
  return { browser: known(text, browsers), system: known(text, systems), address }
}

/** Short enough to stand beside a session's other members (docs/storage.md). */
export const packDevice = ({ browser, system, address }: Device): string => [browser, system, address].join('|')

export function unpackDevice(packed: string): Device {
  const [browser = '', system = '', address = ''] = packed.split('|')
  return { browser, system, address }
}

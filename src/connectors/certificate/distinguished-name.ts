import type { Name } from '@peculiar/asn1-x509'

/** RFC 4514 §3, RFC 4519, and the two that everybody else writes by name. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'GN',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
}

/** As RFC 4514 §2 writes it: the most special part first. */
export const distinguishedName = (name: Name): string =>
  [...name]
    .reverse()
    .map((parts) =>
      [...parts]
        .map(({ type, value }) => {
          // What is no text is written as its encoding (§2.4).
          const text = value.anyValue ? `#${Buffer.from(value.anyValue).toString('hex')}` : escaped(value.toString())
          return `${shortNames[type] ?? type}=${text}`
        })
        .join('+'),
    )
    .join(',')

/** All values of one type that are text, the most general first. */
export const valuesOf = (name: Name, oid: string): readonly string[] =>
  [...name].flatMap((parts) =>
    [...parts].flatMap(({ type, value }) => (type === oid && !value.anyValue ? [value.toString()] : [])),
  )

const escaped = (text: string): string => text.replaceAll(/^[ #]| $|["+,;<>\\]/g, '\\$&').replaceAll('\0', '\\00')

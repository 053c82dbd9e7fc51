import { encode } from 'uqr'
import { type Html, html } from '../html.ts'

/** One path on white, as cameras want it in the dark theme, too. */
export function qrCode(text: string, label: string): Html {
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}"><rect width="${size}" height="${size}" class="paper"/><path d="${path}"/></svg>`
}

import { assetUrl } from '../assets.ts'
import { type Html, html } from '../html.ts'
import { triangle } from '../icons.ts'
import { hiddenFields } from '../parts.ts'
import { mustBeSafe } from '../url.ts'

export interface PasskeyForm {
  /** Posts `ticket`, `answer` and `csrf`. */
  readonly action: string
  /** What the browser is asked for, in JSON. */
  readonly options: string
  readonly ticket: string
}

interface Look {
  readonly csrf: string
  readonly label: string
  readonly failed: string
  readonly look: 'primary' | 'plain'
  readonly id: string
  /** Before the button. */
  readonly fields?: Html
}

/** Without a script there is nothing to see: a browser shows passkeys to scripts only. */
export const passkeyForm = (
  { action, options, ticket }: PasskeyForm,
  kind: 'get' | 'create',
  { csrf, label, failed, look, id, fields }: Look,
): Html => html`<form class="stack" method="post" action="${mustBeSafe(action)}" data-passkey="${kind}" data-options="${options}" hidden>
<div class="notice danger" role="alert" data-passkey-failed hidden>${triangle}<p>${failed}</p></div>
${hiddenFields({ csrf, ticket, answer: '' })}
${fields}
<button class="${look}" id="${id}">${label}</button>
</form>`

/** In the head of pages with such a form. */
export const passkeyScripts = (assets: string): Html =>
  html`<script src="${assetUrl(assets, 'webauthn.js')}"></script>
<script src="${assetUrl(assets, 'passkeys.js')}"></script>`

import { html } from '#views/html.ts'
import type { Mount } from '../page.ts'

export const addSourcePages =
  (_needs: object) =>
  (mount: Mount): void => {
    mount.page({ path: '/sources/add', area: 'sources', right: 'edit' }, async ({ words }) => ({
      title: words.addSource.title,
      body: html``,
    }))
  }

/** A form that somebody must sign in for first, kept until they have: sealed, for one browser, for half an hour. */
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { digest, newSecret } from '../ids.ts'
import type { Vault } from '../vault.ts'
import type { ConsoleStore } from './sessions.ts'

interface Needs {
  readonly store: ConsoleStore
  readonly vault: Vault
  readonly clock: Clock
}

interface KeptForm {
  readonly path: string
  /** What only this browser has. */
  readonly browser: string
  readonly form: URLSearchParams
}

export interface KeptForms {
  /** Answers the name it is found by. */
  keep(kept: KeptForm): Promise<string>
  /** Once, at its own address and in its own browser. */
  take(name: string, at: Pick<KeptForm, 'path' | 'browser'>): Promise<URLSearchParams | undefined>
}

const lifetime = 30 * 60_000
const Kept = z.strictObject({ path: z.string(), browser: z.string(), form: z.string() })

export function createKeptForms({ store, vault, clock }: Needs): KeptForms {
  const context = (id: string) => `console-form/${id}`
  return {
    async keep({ path, browser, form }) {
      const name = newSecret()
      const id = digest(name)
      const text = JSON.stringify({ path, browser: digest(browser), form: form.toString() })
      await store.put('ConsoleForm', id, vault.seal(text, context(id)), clock() + lifetime)
      return name
    },

    async take(name, { path, browser }) {
      const id = digest(name)
      const sealed = await store.get('ConsoleForm', id)
      if (sealed === undefined) return undefined
      const kept = Kept.parse(JSON.parse(vault.open(sealed, context(id))))
      if (kept.path !== path || kept.browser !== digest(browser)) return undefined
      await store.remove('ConsoleForm', id)
      return new URLSearchParams(kept.form)
    },
  }
}

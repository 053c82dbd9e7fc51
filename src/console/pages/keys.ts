/** Signing keys: what there is, letting the next one take over, and revoking one in an emergency. */
import { confirmView, typedName } from '#views/console/confirm.ts'
import { keysView } from '#views/console/keys.ts'
import { linkButton } from '#views/console/parts.ts'
import { exactTime } from '#views/console/time.ts'
import { html } from '#views/html.ts'
import { found } from '../../collection.ts'
import { invalidInput } from '../../input.ts'
import type { KeyState } from '../../keys/signing-key.ts'
import type { SigningKeys } from '../../keys/signing-keys.ts'
import type { Mount, Visit } from '../page.ts'

interface Needs {
  readonly keys: Pick<SigningKeys, 'list' | 'rotate' | 'revoke'>
  /** Takes a change into use here; the other nodes see to that by themselves. */
  readonly follow: () => Promise<void>
  /** Seconds. */
  readonly schedule: { readonly active_for: number; readonly published_before: number; readonly retiring_for: number }
  readonly issuer: string
}

export const keyPages = ({ keys, follow, schedule, issuer }: Needs) => {
  const order: Readonly<Record<KeyState, number>> = { active: 0, next: 1, retiring: 2 }
  const listed = async () => (await keys.list()).toSorted((one, other) => order[one.state] - order[other.state])
  const crumbs = ({ words, at }: Visit) => [{ text: words.keys.title, href: at('/keys') }]

  /** From when on the next key may sign, and when it will. */
  async function times() {
    const all = await keys.list()
    const [active, next] = (['active', 'next'] as const).map((state) => all.find((key) => key.state === state))
    const from = next && next.createdAt + schedule.published_before * 1000
    const due = active?.activatedAt && active.activatedAt + schedule.active_for * 1000
    return { from, due: due && from ? Math.max(due, from) : undefined }
  }

  return (mount: Mount): void => {
    mount.page({ path: '/keys', area: 'keys', right: 'view' }, async ({ words, lang, now, at, may }) => {
      const mayChange = may('administer')
      const { from, due } = await times()
      return {
        title: words.keys.title,
        lead: words.keys.lead,
        actions: html`${mayChange && isReady(from, now) && linkButton(at('/keys/rotate'), words.keys.rotate)}`,
        body: keysView({
          ...{ lang, now, schedule, jwks: `${issuer}/jwks`, due },
          readyFrom: mayChange && !isReady(from, now) ? from : undefined,
          keys: (await listed()).map((key) => ({
            ...key,
            revoke: mayChange ? at(`/keys/${key.kid}/revoke`) : undefined,
          })),
        }),
      }
    })

    mount.form(
      { path: '/keys/rotate', area: 'keys', right: 'administer' },
      {
        async show(visit, { problems, message }) {
          const { words, csrf, lang, at, now } = visit
          const { keys: own } = words
          const { from } = await times()
          const isYoung = !isReady(from, now)
          return {
            title: own.rotateTitle,
            crumbs: crumbs(visit),
            body: confirmView({
              ...{ action: at('/keys/rotate'), csrf, lang, problems, message },
              what: isYoung && from !== undefined ? own.rotateYoung(exactTime(from, lang)) : own.rotateWhat,
              affectedTitle: own.revokeConsequences,
              affected: isYoung ? [] : own.rotateAffected,
              submit: isYoung ? undefined : own.rotate,
              cancel: at('/keys'),
            }),
          }
        },

        async submit(visit) {
          await keys.rotate(visit.actor)
          await follow()
          return { to: visit.at('/keys'), say: visit.words.keys.rotated }
        },
      },
    )

    mount.form(
      { path: '/keys/:kid/revoke', area: 'keys', right: 'administer' },
      {
        async show(visit, { problems, message }) {
          const { words, csrf, lang, at } = visit
          const { keys: own } = words
          const kid = visit.param('kid')
          const key = found(
            (await keys.list()).find((one) => one.kid === kid),
            `signing key ${kid}`,
          )
          const consequences = { active: own.revokeActive, next: own.revokeNext, retiring: own.revokeRetiring }
          return {
            title: own.revokeTitle,
            lead: `${kid} – ${own.states[key.state]}`,
            crumbs: crumbs(visit),
            body: confirmView({
              ...{ action: at(`/keys/${kid}/revoke`), csrf, lang, problems, message },
              what: own.revokeWhat,
              affectedTitle: own.revokeConsequences,
              affected: consequences[key.state],
              submit: own.revoke,
              name: own.revokeWord,
              cancel: at('/keys'),
            }),
          }
        },

        async submit(visit, form) {
          const { keys: own, kit: words } = visit.words
          const kid = visit.param('kid')
          if (form.get(typedName)?.trim().toLowerCase() !== own.revokeWord)
            throw invalidInput([{ path: typedName, message: words.typeName(own.revokeWord) }])
          await keys.revoke(visit.actor, kid)
          await follow()
          return { to: visit.at('/keys'), say: own.revoked(kid) }
        },
      },
    )
  }
}

/** Whether the next key has been published for long enough to sign. */
const isReady = (from: number | undefined, now: number): from is number => from !== undefined && from <= now

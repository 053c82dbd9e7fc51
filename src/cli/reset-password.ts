/** `gatehouse admin reset-password`: the way back in, for whoever has the machine. */
import { canonicalUsername } from '../accounts/local-user.ts'
import { type User, userInput } from '../accounts/user.ts'
import { UserInput } from '../accounts/user-input.ts'
import type { Actor } from '../audit/audit.ts'
import { found } from '../collection.ts'
import { newSecret } from '../ids.ts'
import { parseInput } from '../input.ts'
import { administration } from '../roles/role.ts'
import type { Source } from '../sources/source.ts'
import { SourceInput, sourceInput } from '../sources/source-input.ts'
import type { Given, World } from './command.ts'
import type { Nouns } from './nouns.ts'
import { type ExitCode, exitCodes } from './problems.ts'

export async function resetPassword(given: Given, { terminal, user, registry: open }: World): Promise<ExitCode> {
  await using registry = await open()
  const first = registry.config.bootstrap.admin.username
  const [username = first] = given.parameters
  const isFirst = canonicalUsername(username) === canonicalUsername(first)
  const actor = { kind: 'cli', id: user } as const
  const password = newSecret().slice(0, 24)
  // Hashed before anybody has to wait for it.
  await registry.passwords.hash(password)

  await registry.change(async (nouns) => {
    const source = await localSource(nouns, actor)
    const before = await userOf(nouns, source, username)
    if (before) await change(nouns, actor, before, { password, ...(isFirst && asAdministrator(before)) })
    else {
      found(isFirst || undefined, `local user ${username}`)
      const input = { username, password, name: 'Administrator', roles: [administrator] }
      await nouns.users.create(actor, parseInput(UserInput, input))
    }
  })
  terminal.answer({ username, password }, `${username} has the password ${password} (shown this once).`)
  return exitCodes.done
}

const [role] = administration.roles
const administrator = { name: role, client: administration.client }

/** Made anew, or switched on again. */
async function localSource({ sources, keptSources }: Nouns, actor: Actor): Promise<Source> {
  const source = await keptSources.byAlias('local')
  if (!source)
    return sources.create(actor, SourceInput.parse({ alias: 'local', name: 'Gatehouse account', type: 'local' }))
  if (source.enabled) return source
  return sources.replace(actor, source.id, { ...sourceInput(source), enabled: true }, source.version)
}

async function userOf({ users, localUsers, identities }: Nouns, source: Source, username: string) {
  const local = await localUsers.byUsername(source.id, canonicalUsername(username))
  const identity = local && (await identities.identity(source.id, local.id))
  return identity && (await users.get(identity.accountId))
}

const asAdministrator = ({ account }: User) => ({ enabled: true, roles: [...account.roles, administrator] })

async function change({ users }: Nouns, actor: Actor, before: User, members: object): Promise<void> {
  const { id, version } = before.account
  await users.replace(actor, id, parseInput(UserInput, { ...userInput(before), ...members }), version)
}

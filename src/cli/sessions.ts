/** `gatehouse sessions …`: who is signed in, and sending them away. */
import { z } from 'zod'
import type { User } from '../accounts/user.ts'
import { found } from '../collection.ts'
import { Refusal } from '../errors.ts'
import type { Given, World } from './command.ts'
import type { Registry } from './open.ts'
import { type ExitCode, exitCodes, UsageProblem } from './problems.ts'

const Limit = z.coerce.number().int().min(1).max(200)

export async function listSessions(given: Given, { terminal, registry: open }: World): Promise<ExitCode> {
  const limit = Limit.safeParse(given.get('limit') ?? 50)
  if (!limit.success) throw new UsageProblem('--limit is a whole number from 1 to 200')
  await using registry = await open()
  const [who, alias] = [given.get('user'), given.get('source')]
  const accountId = who === undefined ? undefined : await accountOf(registry, who)
  const source =
    alias === undefined ? undefined : found(await registry.nouns.keptSources.byAlias(alias), `source ${alias}`)
  const { items } = await registry.sessions.list({
    limit: limit.data,
    ...(accountId !== undefined && { accountId }),
    ...(source && { sourceId: source.id }),
  })
  const sessions = items.map(({ session, clientIds }) => ({
    ...{ id: session.id, user: session.accountId, authentication_source: session.sourceId, clients: clientIds },
    started_at: new Date(session.startedAt).toISOString(),
  }))
  const lines = sessions.map(({ id, user, started_at }) => `${id}  user ${user}  since ${started_at}`)
  terminal.answer({ items: sessions }, lines.length > 0 ? lines.join('\n') : 'Nobody is signed in.')
  return exitCodes.done
}

export async function endSessions(given: Given, { terminal, user, registry: open }: World): Promise<ExitCode> {
  const who = given.get('user')
  if ((who === undefined) === (given.parameters.length === 0))
    throw new UsageProblem('Usage: gatehouse sessions end ID… or gatehouse sessions end --user WHO')
  await using registry = await open()
  if (who !== undefined) {
    const account = await accountOf(registry, who)
    const ended = await registry.sessions.endAll({ kind: 'cli', id: user }, account)
    terminal.answer({ user: account, ended }, `Ended: ${ended}.`)
    return exitCodes.done
  }
  const ended: string[] = []
  for (const id of given.parameters) {
    if (await registry.sessions.end({ kind: 'cli', id: user }, id)) ended.push(id)
    else terminal.remark(`There is no session ${id}; it may have ended already.`)
  }
  terminal.answer({ ended }, `Ended: ${ended.length}.`)
  return ended.length === given.parameters.length ? exitCodes.done : exitCodes.refused
}

/** By its id, whatever anybody else is called; or by a name that one user alone has. */
async function accountOf({ nouns, stores }: Registry, who: string): Promise<string> {
  if (await stores.accounts.get(who)) return who
  const named: string[] = []
  let after: string | undefined
  do {
    const page = await nouns.users.list({ search: who, limit: 200, ...(after !== undefined && { after }) })
    named.push(...page.items.filter((user) => isCalled(user, who)).map(({ account }) => account.id))
    after = page.next ?? undefined
  } while (after !== undefined)
  const [only, ...others] = named
  if (others.length > 0) throw new Refusal('conflict', `Several users are called ${who}: ${named.join(', ')}`)
  return found(only, `user ${who}`)
}

function isCalled({ account, identities, local }: User, who: string): boolean {
  const told = identities.flatMap(({ attributes }) => [attributes.preferred_username, attributes.email])
  return [account.displayName, local?.username, local?.claims.email, ...told].some(
    (name) => typeof name === 'string' && name.toLowerCase() === who.toLowerCase(),
  )
}

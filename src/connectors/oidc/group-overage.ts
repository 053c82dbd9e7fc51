/**
 * People who are in more groups than Microsoft Entra puts into a token: it sends a pointer instead (`_claim_names`, or
 * `hasgroups` in the implicit flow), and the groups are to be asked for at Microsoft Graph.
 */
import { z } from 'zod'
import { Refusal } from '../../errors.ts'
import type { Fetch } from '../upstream-fetch.ts'
import type { OidcConfig } from './config.ts'

type Attributes = Readonly<Record<string, unknown>>

const Answer = z.object({ value: z.array(z.string().min(1).max(1024)).max(20_000) })

/** The clouds of Microsoft, by the host of their issuers. */
const graphs: Readonly<Record<string, string>> = {
  'login.microsoftonline.com': 'https://graph.microsoft.com',
  'login.microsoftonline.us': 'https://graph.microsoft.us',
  'login.partner.microsoftonline.cn': 'https://microsoftgraph.chinacloudapi.cn',
}

interface Settings {
  readonly issuer: string
  readonly microsoft_graph?: string | undefined
}

/** Where the groups are asked for; `undefined`: nobody knows. Never what a token says: what is sent there is a secret. */
export const graphOf = ({ issuer, microsoft_graph: graph }: Settings): string | undefined =>
  graph ?? (URL.canParse(issuer) ? graphs[new URL(issuer).hostname] : undefined)

const isRecord = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function areElsewhere({ groups, _claim_names: names, hasgroups }: Attributes): boolean {
  if (groups !== undefined && groups !== null && !(Array.isArray(groups) && groups.length === 0)) return false
  return (isRecord(names) && Object.hasOwn(names, 'groups')) || hasgroups === true || hasgroups === 'true'
}

/**
 * The attributes with the groups that a pointer stood for. Rejects with `groups_unreadable` when Graph says no, and as
 * every call does when it says nothing.
 */
export async function withGroups(
  attributes: Attributes,
  accessToken: string,
  { config, fetch }: { readonly config: OidcConfig; readonly fetch: Fetch },
): Promise<Attributes> {
  const graph = graphOf(config)
  if (config.group_overage === 'refuse' || graph === undefined || !areElsewhere(attributes)) return attributes
  const response = await fetch(`${graph}/v1.0/me/getMemberObjects`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', accept: 'application/json' },
    // As in the token when it has the groups: a distribution list gives nobody a role.
    body: JSON.stringify({ securityEnabledOnly: true }),
  })
  if (response.status !== 200) throw unreadable(`Microsoft Graph answered with status ${response.status}`)
  const parsed = Answer.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) throw unreadable('Microsoft Graph answered something that is no list of groups')
  const { _claim_names: names, _claim_sources: _sources, hasgroups: _pointer, ...rest } = attributes
  const others = isRecord(names) ? Object.entries(names).filter(([name]) => name !== 'groups') : []
  return {
    ...rest,
    ...(others.length > 0 && { _claim_names: Object.fromEntries(others) }),
    groups: parsed.data.value,
  }
}

const unreadable = (why: string) =>
  new Refusal('groups_unreadable', why, { problems: [{ path: 'groups', message: why }] })

import type { TestBroker, TestClient } from './broker.ts'
import type { Visitor } from './visitor.ts'

/** Goes through a sign-in until the application's callback, and allows whatever is asked on the way. */
export async function agree(
  broker: TestBroker,
  visitor: Visitor,
  client: TestClient,
  params: Readonly<Record<string, string>>,
): Promise<{ readonly verifier: string; readonly code: string }> {
  const { url, verifier } = broker.authorizationUrl(client, params)
  let next = url
  for (let step = 0; step < 20 && !next.href.startsWith(client.redirectUri); step++) {
    const answer = await visitor.request(next)
    const location = answer.headers.get('location') ?? (await allow(visitor, next, await answer.text()))
    next = new URL(location, next)
  }
  return { verifier, code: next.searchParams.get('code') ?? '' }
}

async function allow(visitor: Visitor, page: URL, html: string): Promise<string> {
  const [, csrf] = /name="csrf" value="([^"]+)"/.exec(html) ?? []
  if (!csrf || !html.includes('consent-allow')) throw new Error(`${page.href} does not ask: ${html.slice(0, 300)}`)
  const body = new URLSearchParams({ csrf, decision: 'allow' })
  const answer = await visitor.request(`${page.origin}${page.pathname}/consent`, { method: 'POST', body })
  return answer.headers.get('location') ?? ''
}

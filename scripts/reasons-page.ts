import { reasons } from '../src/reasons.ts'

const introduction = `# Reason codes

Every refusal of Gatehouse has one of these codes. It stands in the answer (\`code\` of a problem document,
\`reason\` of an OAuth error), in the log and in the trace, which the reference on an error page leads to. Codes are
stable: a program may rely on them.

This page is written by \`npm run docs\` from \`src/reasons/\`.
`

/** docs/reasons.md as it should be: every code with its status, its cause and what to do about it. */
export function reasonsPage(): string {
  const entries = Object.entries(reasons).map(([code, reason]) => {
    const { status, title, cause, fix } = reason
    const oauth = 'oauth' in reason ? `, OAuth error \`${reason.oauth}\`` : ''
    return `## \`${code}\`\n\n**${title}** (HTTP ${status}${oauth})\n\n- Cause: ${cause}\n- Fix: ${fix}\n`
  })
  return [introduction, ...entries].join('\n')
}

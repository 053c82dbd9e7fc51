/** Writes the pages of docs/ that repeat what the code says. A test fails when they are out of date. */
import { writeFile } from 'node:fs/promises'
import { adminDocument } from './admin-document.ts'
import { reasonsPage } from './reasons-page.ts'

await writeFile(new URL('../docs/reasons.md', import.meta.url), reasonsPage())
await writeFile(new URL('../docs/openapi.json', import.meta.url), await adminDocument())

import { expect, it } from 'vitest'
import { frontRoutes } from '../../src/http/front.ts'
import { listen } from './listen.ts'

it('has an icon for who asks without having read a page', async () => {
  await using server = await listen([frontRoutes({ issuer: 'https://login.example.com', assets: '/assets' })])
  const answer = await fetch(`${server.url}/favicon.ico`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('image/svg+xml')
})

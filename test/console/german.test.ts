import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CertificateConfig } from '../../src/connectors/certificate/config.ts'
import { JwtConfig, jwtSecrets } from '../../src/connectors/jwt/config.ts'
import { OidcConfig } from '../../src/connectors/oidc/config.ts'
import { fieldsOf } from '../../src/console/forms.ts'
import { actionText } from '../../views/console/events.ts'
import { consoleWords } from '../../views/words/console.ts'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { formTo, headingIn, send, walk } from '../support/pages.ts'
import { createVisitor } from '../support/visitor.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startTestBroker()
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
})

describe('the settings of sources', () => {
  it('have words of their own in every form', () => {
    const words = consoleWords('en').fields.sources
    const ofConfig = (name: string) => `config.${name}`
    const schemas = [OidcConfig, JwtConfig, CertificateConfig]
    const secrets = ['client_secret', 'private_key_jwk', ...jwtSecrets].map(ofConfig)
    const fields = schemas.flatMap((schema) => fieldsOf(schema, { words, secrets, below: 'config' }))
    expect(fields.map(({ name }) => name).filter((name) => !Object.hasOwn(words, name))).toEqual([])
  })
})

it.each([
  ['signing_key.activated', 'Signaturschlüssel unterschreibt von da an'],
  ['signing_key.revoked', 'Signaturschlüssel widerrufen'],
  ['session.ended', 'Sitzung beendet'],
  ['user.signed_out', 'Person überall abgemeldet'],
  ['traces.erased', 'Verläufe gelöscht'],
  ['test_login.started', 'Probeanmeldung begonnen'],
  ['consent.withdrawn', 'Einwilligung zurückgenommen'],
  ['api_key.removed', 'API-Schlüssel entfernt'],
])('the console says %s in German', (action, said) => {
  expect(actionText(action, 'de')).toBe(said)
})

describe('the sign-in pages in German', () => {
  it('are there for whoever wishes them with ui_locales, problems included', async () => {
    const client = await broker.addClient({ client_name: 'Patient App' })
    const visitor = createVisitor()
    const { url } = broker.authorizationUrl(client, { idp_hint: 'local', ui_locales: 'fr de-AT en' })
    const page = await walk(visitor, url)
    expect(page.text).toContain('<html lang="de">')
    expect(headingIn(page)).toContain('anmelden')
    expect(page.text.length).toBeLessThan(50_000)
    const wrong = await send(visitor, page, formTo(page, '/source/local'), { username: 'admin', password: 'no' })
    expect(wrong.text).toContain('Benutzername oder Passwort stimmt nicht')
  })

  it('are there for whoever reads German by the browser’s word, and in English for all others', async () => {
    const ask = async (language: string) =>
      (
        await fetch(`${broker.config.issuer}/`, { headers: { Accept: 'text/html', 'Accept-Language': language } })
      ).text()
    expect(await ask('de-CH,de;q=0.9,en;q=0.5')).toContain('<h1>Anmeldedienst</h1>')
    expect(await ask('fr')).toContain('<h1>Sign-in service</h1>')
  })

  it('say in German what is not found', async () => {
    const answer = await fetch(`${broker.config.issuer}/nowhere`, {
      headers: { Accept: 'text/html', 'Accept-Language': 'de' },
    })
    expect(await answer.text()).toContain('Unter dieser Adresse ist nichts')
  })
})

import { type Html, html } from '#views/html.ts'
import type { Patient } from './patient.ts'

type Claims = Readonly<Record<string, unknown>>

const name = 'Patient App'

export function welcomePage(): string {
  return page({
    title: name,
    content: html`<section class="card narrow">
      <h1>${name}</h1>
      <p>Look up a patient's record. What you see of it depends on who you are.</p>
      <p><a class="button" id="sign-in" href="/login">Sign in</a></p>
    </section>`,
  })
}

export function signedOutPage(): string {
  return page({
    title: 'Signed out',
    content: html`<section class="card narrow">
      <h1>You are signed out</h1>
      <p>Your session in this application has ended.</p>
      <p><a class="button" id="sign-in" href="/login">Sign in again</a></p>
    </section>`,
  })
}

export function notFoundPage(): string {
  return page({
    title: 'Nothing here',
    content: html`<section class="card narrow">
      <h1>There is nothing at this address</h1>
      <p><a class="button" href="/">To the start page</a></p>
    </section>`,
  })
}

/** `reason` is what the broker said; absent when something went wrong that it could not say. */
export function problemPage(reason: string | undefined): string {
  return page({
    title: 'Not signed in',
    content: html`<section class="card narrow">
      <h1>You are not signed in</h1>
      <p role="alert">${reason ?? 'The login could not be finished.'}</p>
      <p><a class="button" id="sign-in" href="/login">Try again</a></p>
    </section>`,
  })
}

export function homePage({ claims, patient }: { readonly claims: Claims; readonly patient: Patient | string }): string {
  return page({
    title: 'Patient record',
    person: String(claims.name ?? claims.preferred_username ?? claims.sub),
    content: html`
      <section class="card">
        <h1>Patient record</h1>
        ${typeof patient === 'string' ? html`<p role="alert">${patient}</p>` : record(patient)}
      </section>
      <section class="card">
        <h2>Who you are</h2>
        <p class="quiet">As the ID token says it, issued to this application when you signed in.</p>
        ${list(claims, (claim) => aboutThePerson.has(claim))}
        <details>
          <summary>What else the ID token says</summary>
          ${list(claims, (claim) => !aboutThePerson.has(claim))}
        </details>
      </section>`,
  })
}

const record = ({ name, born, ssn }: Patient): Html => html`
  <dl class="record">
    <div><dt>Name</dt><dd id="patient-name">${name}</dd></div>
    <div><dt>Born</dt><dd>${born}</dd></div>
    <div><dt>Social security number</dt><dd class="number" id="ssn">${ssn}</dd></div>
  </dl>
  <p class="quiet">${
    ssn.includes('#')
      ? 'The number is hidden: the Patient API shows it to members of the group Staff.'
      : 'You see the number because your access token names the group Staff.'
  }</p>`

const aboutThePerson = new Set([
  'name',
  'preferred_username',
  'email',
  'groups',
  'identity_provider_alias',
  'auth_time',
])

const list = (claims: Claims, wanted: (claim: string) => boolean): Html =>
  html`<dl class="claims">${Object.entries(claims)
    .filter(([claim]) => wanted(claim))
    .map(
      ([claim, value]) => html`<div><dt>${claim}</dt><dd id="claim-${claim}">${shown(claim, value)}</dd></div>`,
    )}</dl>`

const times = new Set(['auth_time', 'exp', 'iat'])

function shown(claim: string, value: unknown): string {
  if (typeof value === 'number' && times.has(claim)) return new Date(value * 1000).toISOString()
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function page({ title, person, content }: { title: string; person?: string; content: Html }): string {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title === name ? name : `${title} · ${name}`}</title>
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <header>
    <a class="brand" href="/">${name}</a>
    ${
      person !== undefined &&
      html`<form class="person" method="post" action="/logout">
      <span id="person">${person}</span>
      <button id="sign-out">Sign out</button>
    </form>`
    }
  </header>
  <main>${content}</main>
</body>
</html>`.toString()
}

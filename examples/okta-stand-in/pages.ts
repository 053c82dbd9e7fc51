import { Html, html } from '#views/html.ts'

interface LoginPage {
  readonly action: string
  readonly username: string
  readonly problem?: string
}

export function loginPage({ action, username, problem }: LoginPage): Html {
  return page(
    'Sign in to Okta',
    html`<form method="post" action="${action}">
      ${problem && html`<p role="alert">${problem}</p>`}
      <label for="username">User name</label>
      <input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" required autofocus>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required>
      <button id="submit">Sign in</button>
    </form>
    <p class="quiet">The password is the user name: <code>rene</code> is a consultant, <code>john</code> is staff.</p>`,
  )
}

/** `form` is the provider's own, as it hands it to us. */
export function messagePage(title: string, message: string, form?: string): Html {
  const ask = form?.replace('</form>', '<button id="submit" name="logout" value="yes">Sign out</button></form>')
  return page(title, html`${message && html`<p>${message}</p>`}${ask && new Html(ask)}`)
}

function page(title: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} (stand-in)</title>
<style>${style}</style>
<header><strong>Stand-in.</strong> This page plays the part of Okta in a demo. It is not Okta.</header>
<main>
  <h1>${title}</h1>
  ${content}
</main>
</html>`
}

// Deliberately not in Gatehouse's colours: whoever sees it should notice that they have left.
const style = new Html(`
:root {
  color-scheme: light dark;
  --ground: light-dark(#f1f3f8, #12141c); --surface: light-dark(#fff, #1b1e29); --line: light-dark(#d9deea, #31364a);
  --control: light-dark(#7d86a0, #7c84a0); --text: light-dark(#191c26, #eceef6); --quiet: light-dark(#535a70, #a6adc4);
  --accent: light-dark(#3a4a9f, #a9b6ff); --on-accent: light-dark(#fff, #12141c); --danger: light-dark(#b42318, #fda29b);
  --banner: light-dark(#fff3d6, #3b2f10); --on-banner: light-dark(#5f3b00, #fbd98a);
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, sans-serif }
header { padding: 8px 16px; background: var(--banner); color: var(--on-banner); text-align: center }
main { max-width: 400px; margin: 48px auto; padding: 24px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px }
h1 { margin: 0 0 16px; font-size: 22px; font-weight: 600; line-height: 1.3 }
label { display: block; margin: 16px 0 4px; font-weight: 600 }
input { width: 100%; padding: 8px 12px; font: inherit; color: inherit; background: transparent; border: 1px solid var(--control); border-radius: 6px }
button { width: 100%; margin-top: 24px; padding: 12px; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 0; border-radius: 6px; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
[role=alert] { margin: 0; padding: 8px 12px; color: var(--danger); border: 1px solid currentColor; border-radius: 6px }
.quiet { margin: 24px 0 0; color: var(--quiet) }
code { font-family: ui-monospace, monospace }
@media (max-width: 440px) { main { margin: 16px } }
`)

// Passkeys: asks the browser for what the form wants, and sends the form with its answer.
;(() => {
  const { browserSupportsWebAuthn, startAuthentication, startRegistration } = window.SimpleWebAuthnBrowser
  if (!browserSupportsWebAuthn()) return

  function enhance(form) {
    const failed = form.querySelector('[data-passkey-failed]')
    const button = form.querySelector('button')
    const ask = form.dataset.passkey === 'create' ? startRegistration : startAuthentication
    let asking = false
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      if (asking) return
      asking = true
      failed.hidden = true
      button.setAttribute('aria-disabled', 'true')
      try {
        const answer = await ask({ optionsJSON: JSON.parse(form.dataset.options) })
        form.elements.namedItem('answer').value = JSON.stringify(answer)
        form.submit()
      } catch {
        // Given up, too late, or nothing that fits: the browser has told the person, and there are other ways.
        asking = false
        button.removeAttribute('aria-disabled')
        failed.hidden = false
      }
    })
    form.hidden = false
    for (const without of document.querySelectorAll('[data-without-passkeys]')) without.hidden = true
    for (const beside of document.querySelectorAll('[data-with-passkeys]')) beside.hidden = false
  }

  addEventListener('DOMContentLoaded', () => document.querySelectorAll('form[data-passkey]').forEach(enhance))
})()

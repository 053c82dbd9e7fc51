// Conveniences only: every page does its work without this file.
;(() => {
  const root = document.documentElement
  const remembered = 'gatehouse.theme'

  // Storage may be shut off by the browser's settings; then the choice lasts as long as the page.
  function recall() {
    try {
      return localStorage.getItem(remembered)
    } catch {
      return null
    }
  }

  function remember(theme) {
    try {
      localStorage.setItem(remembered, theme)
    } catch {}
  }

  const stored = recall()
  if (stored === 'light' || stored === 'dark') root.dataset.theme = stored

  function themeSwitch(button) {
    const current = () => root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
    const label = () => {
      button.textContent = current() === 'dark' ? button.dataset.light : button.dataset.dark
    }
    button.addEventListener('click', () => {
      root.dataset.theme = current() === 'dark' ? 'light' : 'dark'
      remember(root.dataset.theme)
      label()
    })
    label()
    button.hidden = false
  }

  function reveal(button) {
    const field = document.getElementById(button.dataset.reveal)
    const show = (shown) => {
      field.type = shown ? 'text' : 'password'
      button.textContent = shown ? button.dataset.hide : button.dataset.show
      button.setAttribute('aria-label', shown ? button.dataset.hideLabel : button.dataset.showLabel)
    }
    button.addEventListener('click', () => show(field.type === 'password'))
    // Browsers and password managers keep what was typed as a password only in a password field.
    field.form.addEventListener('submit', () => show(false))
    show(false)
    button.hidden = false
  }

  function copy(button) {
    // The clipboard is closed to pages that came over plain http from another machine.
    if (!navigator.clipboard) return
    const source = document.getElementById(button.dataset.copy)
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(source.textContent)
      button.removeAttribute('aria-label')
      button.setAttribute('role', 'status')
      button.textContent = button.dataset.copied
    })
    button.hidden = false
  }

  function once(form) {
    const buttons = form.querySelectorAll('button:not([type="button"])')
    const mark = (sent) => {
      for (const button of buttons)
        sent ? button.setAttribute('aria-disabled', 'true') : button.removeAttribute('aria-disabled')
    }
    let sent = false
    form.addEventListener('submit', (event) => {
      if (sent) event.preventDefault()
      sent = true
      mark(true)
    })
    // Whoever comes back to the page by the browser's own button may send again.
    addEventListener('pageshow', () => {
      sent = false
      mark(false)
    })
  }

  // Before the page has loaded, so that it leaves no step in the history that would throw people out again.
  const submit = (form) => form.requestSubmit()

  addEventListener('DOMContentLoaded', () => {
    const each = (selector, enhance) => document.querySelectorAll(selector).forEach(enhance)
    each('[data-theme-switch]', themeSwitch)
    each('[data-reveal]', reveal)
    each('[data-copy]', copy)
    each('form[data-once]', once)
    each('form[data-submit]', submit)
  })
})()

// Conveniences only: every page of the console does its work without this file.
;(() => {
  const root = document.documentElement
  const remembered = 'gatehouse.theme'

  // Storage may be shut off by the browser's settings; then the choice lasts as long as the page.
  function remember(theme) {
    try {
      if (theme === 'system') localStorage.removeItem(remembered)
      else localStorage.setItem(remembered, theme)
    } catch {}
  }

  function themes(fieldset) {
    const buttons = fieldset.querySelectorAll('button')
    const show = () => {
      for (const button of buttons)
        button.setAttribute('aria-pressed', String(button.value === (root.dataset.theme ?? 'system')))
    }
    for (const button of buttons) {
      button.addEventListener('click', () => {
        if (button.value === 'system') delete root.dataset.theme
        else root.dataset.theme = button.value
        remember(button.value)
        show()
      })
    }
    show()
    fieldset.hidden = false
  }

  // The server knows no reader's time zone.
  const format = new Intl.DateTimeFormat(root.lang === 'de' ? 'de-DE' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
  })

  function localTime(time) {
    const text = format.format(new Date(time.dateTime))
    if ('exact' in time.dataset) time.textContent = text
    else time.title = text
  }

  // Whoever reads with their ears is told first what is wrong.
  const focus = (mark) => document.getElementById(mark.dataset.focus)?.focus()

  // Asks as the button does, and takes the preview out of the page that comes back.
  function preview(pane) {
    const { form } = pane.closest('fieldset')
    let asked = 0
    let pause
    async function ask() {
      asked += 1
      const turn = asked
      const body = new URLSearchParams(new FormData(form))
      body.set('intent', 'preview')
      try {
        const answer = await fetch(form.action, { method: 'POST', body })
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
        const next = page.getElementById(pane.id)
        if (turn === asked && next) pane.replaceChildren(...next.childNodes)
      } catch {
        // What is shown stays; the button tells what is wrong.
      }
    }
    form.addEventListener('input', () => {
      clearTimeout(pause)
      pause = setTimeout(ask, 400)
    })
  }

  addEventListener('DOMContentLoaded', () => {
    const each = (selector, enhance) => document.querySelectorAll(selector).forEach(enhance)
    each('[data-themes]', themes)
    each('time', localTime)
    each('[data-focus]', focus)
    each('[data-preview]', preview)
  })
})()

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

  // Whoever must sign in first is sent there with the whole page, and not into a part of it.
  function beforeSwap({ detail }) {
    if (!detail.shouldSwap || detail.xhr.responseText.includes(`id="${detail.target.id}"`)) return
    detail.shouldSwap = false
    if (detail.requestConfig.verb === 'get') location.assign(detail.pathInfo.finalRequestPath)
  }

  // What is found can be linked to. Not by htmx: its history keeps things in the browser.
  function afterSwap({ detail }) {
    if (detail.requestConfig.verb === 'get') history.replaceState(null, '', detail.pathInfo.finalRequestPath)
  }

  addEventListener('DOMContentLoaded', () => {
    const each = (selector, enhance) => document.querySelectorAll(selector).forEach(enhance)
    each('[data-themes]', themes)
    each('time', localTime)
    each('[data-focus]', focus)
    document.body.addEventListener('htmx:beforeSwap', beforeSwap)
    document.body.addEventListener('htmx:afterSwap', afterSwap)
    document.body.addEventListener('htmx:afterSettle', () => each('#content time', localTime))
  })
})()

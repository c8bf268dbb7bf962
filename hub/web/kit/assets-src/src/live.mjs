// Live regions: the server says *that* something changed, never what (events
// carry a reference, an agency, a state and times). This script then asks for
// the page again, so that what is shown has passed the same decision as the
// page itself, or, in notice mode, only offers to reload.

// Many events close together lead to one request.
const settleMs = 400

// A board that cannot be refreshed must not look current.
const lostText = 'Live updates are interrupted. What you see may be out of date.'

const changedText = 'Something has changed since you opened this page.'
const missedText = 'Live updates were away for a while, so changes may be missing here.'
const endedText = 'Live updates have ended. Reload the page; you may need to sign in again.'

export function followLiveRegions (root) {
  if (!('EventSource' in window)) return
  for (const region of root.querySelectorAll('[data-live-url]')) follow(region)
}

function follow (region) {
  const controls = region.querySelector('[data-live-controls]')
  const status = region.querySelector('[data-live-status]')
  const pause = region.querySelector('[data-live-pause]')
  const notice = region.dataset.liveMode === 'notice'
  let paused = false
  let missed = false
  let timer = 0
  let loading = false

  if (controls) controls.hidden = false
  if (pause) pause.hidden = notice
  say(status, notice ? `This page shows what was known at ${now()}.` : 'Updating as things change.')

  let source = null

  function connect () {
    if (source) return
    source = new EventSource(region.dataset.liveUrl)
    source.addEventListener('change', changed)
    source.addEventListener('end', () => { disconnect(); say(status, endedText) })
    source.addEventListener('open', () => {
      if (!missed || paused) return
      // What happened while the connection was away is not known; a page that
      // must not refresh by itself can only say so.
      if (notice) { missed = false; offerReload(status, missedText) } else changed()
    })
    source.addEventListener('error', () => { missed = true; if (!offered(status)) say(status, lostText) })
  }

  function disconnect () {
    if (source) source.close()
    source = null
  }

  // A browser keeps about six connections to one server. Only the tab that is
  // looked at holds one, or a worker's seventh tab would never load.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) { disconnect(); missed = true } else { connect() }
  })
  window.addEventListener('pagehide', disconnect)
  if (document.hidden) missed = true
  else connect()

  if (pause) {
    pause.addEventListener('click', () => {
      paused = !paused
      pause.textContent = paused ? pause.dataset.resumeText : pause.dataset.pauseText
      say(status, paused ? 'Updates are paused.' : 'Updating as things change.')
      if (!paused && missed) changed()
    })
  }

  function changed () {
    if (paused) { missed = true; return }
    if (notice) { offerReload(status, changedText); return }
    missed = false
    clearTimeout(timer)
    timer = setTimeout(refresh, settleMs)
  }

  function refresh () {
    if (loading) { missed = true; return }
    loading = true
    const request = new XMLHttpRequest()
    request.open('GET', window.location.pathname + window.location.search)
    // A document response is parsed without running anything in it.
    request.responseType = 'document'
    request.timeout = 15000
    request.addEventListener('loadend', () => {
      loading = false
      const fresh = request.status === 200 && request.response &&
        request.response.getElementById(region.id)
      if (!fresh) { missed = true; say(status, lostText); return }
      replace(region, fresh)
      say(status, `Updated at ${now()}.`)
      if (missed) changed()
    })
    request.send()
  }
}

// replace changes the content only, and puts the keyboard back where it was.
function replace (region, fresh) {
  const held = region.querySelector('[data-live-content]')
  const next = fresh.querySelector('[data-live-content]')
  if (!held || !next) return
  const focused = held.contains(document.activeElement) ? document.activeElement.id : ''
  held.replaceChildren(...document.importNode(next, true).childNodes)
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
}

function now () {
  return new Date().toLocaleTimeString('en-GB')
}

function offered (status) {
  return Boolean(status && status.querySelector('a'))
}

function offerReload (status, text) {
  if (!status || status.textContent.startsWith(changedText)) return
  const link = document.createElement('a')
  link.className = 'govuk-link'
  link.href = window.location.pathname + window.location.search
  link.textContent = 'Reload the page'
  status.replaceChildren(text + ' ', link)
}

function say (status, text) {
  if (status && status.textContent !== text) status.textContent = text
}

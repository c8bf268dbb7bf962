// The checks find what they are for: a page with every fault, and one without.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import test, { after, before } from 'node:test'
import { session, startBrowser } from './browser.mjs'
import { everything } from './checks.mjs'

const policy = "default-src 'self'"
const good = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Good – Test</title><link rel="icon" href="/icon"><link rel="stylesheet" href="/style"></head>
<body><a class="govuk-skip-link" href="#main">Skip to the main part of this page</a><main id="main"><h1>Good</h1><p>Words.</p></main></body></html>`
const bad = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Other</title><link rel="icon" href="/icon"><link rel="stylesheet" href="/style"></head>
<body><a href="/">First</a><main id="main"><h1>One</h1><h1>Two</h1><p id="twice" style="color:red" onclick="x()">Words.</p><p id="twice">Words.</p>
<img src="/icon"><input name="unlabelled"><div class="wide">wide</div><div class="cut">These words need more room than they are given.</div><script>document.title = 'x'</script>
<img alt="" src="http://127.0.0.1:9/elsewhere"></main></body></html>`

let browser, server, base

before(async () => {
  server = createServer((request, response) => {
    response.setHeader('Content-Security-Policy', policy)
    const send = (type, text) => { response.setHeader('Content-Type', type); response.end(text) }
    if (request.url === '/style') return send('text/css', 'body{font-size:1rem}.wide{width:2000px}.cut{width:8rem;height:20px;overflow:hidden}')
    if (request.url === '/icon') return send('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>')
    send('text/html; charset=utf-8', request.url === '/good' ? good : bad)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${server.address().port}`
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})

test('a page without fault has no findings', async () => {
  const { page, findings } = await session({ browser, origins: new Set([base]) })
  await page.goto(base + '/good')
  assert.deepEqual(await everything(page, 'good'), [])
  assert.deepEqual(findings, [])
})

test('every fault of a page is found', async () => {
  const { page, findings } = await session({ browser, origins: new Set([base]) })
  await page.goto(base + '/bad')
  const found = [...await everything(page, 'bad'), ...findings].join('\n')
  for (const fault of ['2 h1 headings', 'title "Other" does not begin', 'inline style', 'inline handler', 'inline script', 'id twice: twice',
    'the keyboard begins at', 'axe image-alt', 'axe label', 'scrolls sideways at 320 px', 'scrolls sideways with letters', 'cut off with letters',
    'request to another origin: http://127.0.0.1:9/elsewhere', 'console error']) {
    assert.ok(found.includes(fault), `not found: ${fault}\n${found}`)
  }
})

// One browser, and people in it who are watched: whatever the console says and
// whatever goes to another origin is a finding.
import { chromium } from 'playwright-core'

export function startBrowser () {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  })
}

/**
 * Opens a browser session of its own (its own cookies).
 * @param {{browser: import('playwright-core').Browser, origins: Set<string>, scripts?: boolean, options?: object}} given
 * @returns {Promise<{page: import('playwright-core').Page, context: import('playwright-core').BrowserContext, findings: string[]}>}
 *   findings grows while the session is used.
 */
export async function session ({ browser, origins, scripts = true, options = {} }) {
  const context = await browser.newContext({ javaScriptEnabled: scripts, viewport: { width: 1280, height: 900 }, locale: 'en-GB', timezoneId: 'Europe/London', ...options })
  context.setDefaultTimeout(20_000)
  const findings = []
  // A page that is not there is answered with its status, of which the browser
  // tells the console; only that of the page itself is no finding.
  const answered = new Map()
  context.on('response', r => {
    if (r.request().isNavigationRequest()) answered.set(r.url(), r.status())
  })
  context.on('console', m => {
    const status = /^Failed to load resource: the server responded with a status of (\d+)/.exec(m.text())
    if (status && answered.get(m.location().url) === Number(status[1])) return
    findings.push(`console ${m.type()} on ${m.page()?.url()}: ${m.text()}`)
  })
  context.on('weberror', e => findings.push(`script error on ${e.page()?.url()}: ${e.error()}`))
  context.on('request', r => {
    const to = new URL(r.url())
    if (!origins.has(to.origin)) findings.push(`request to another origin: ${r.url()}`)
    else if (r.frame().url().startsWith('http') && !r.isNavigationRequest() && new URL(r.frame().url()).origin !== to.origin) findings.push(`request across origins: ${r.url()}`)
  })
  const page = await context.newPage()
  return { page, context, findings }
}

/** Chooses a person on the demo's sign-in page. */
export async function signIn (page, base, role) {
  await page.goto(base + '/sign-in')
  await page.check(`input[name="role"][value="${role}"]`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(url => !url.pathname.startsWith('/sign-in'))
}

export const heading = page => page.locator('h1').innerText()

/** The text a reader sees in the main part, details opened. */
export async function mainText (page) {
  return (await page.locator('main').textContent()).replace(/\s+/g, ' ')
}

/** Chooses the radio or checkbox of a name and value. */
export async function choose (page, name, value) {
  await page.locator(`input[name="${name}"][value="${value}"]`).check()
}

/** Fills the three fields of a date. */
export async function fillDate (page, name, day, month, year) {
  await page.fill(`[name="${name}-day"]`, String(day))
  await page.fill(`[name="${name}-month"]`, String(month))
  await page.fill(`[name="${name}-year"]`, String(year))
}

/** Looks again, by reloading, until the page satisfies. */
export async function reloadUntil (page, satisfied, what, seconds = 30) {
  const deadline = Date.now() + seconds * 1000
  while (!await satisfied()) {
    if (Date.now() > deadline) throw new Error(`after ${seconds} s still not: ${what}\n${await mainText(page)}`)
    await page.waitForTimeout(150)
    await page.reload()
  }
}

/** Follows the first link with these words; a link that looks like a button is one too. */
export async function follow (page, words) {
  await page.locator('a').filter({ hasText: words }).first().click()
}

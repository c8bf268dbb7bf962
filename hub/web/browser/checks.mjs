// What every page must keep, whoever wrote it.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']

// WCAG 1.4.10: 1280 px at 400 % is a page 320 px wide.
const narrow = 320
// A browser's ordinary letter size, and twice it (WCAG 1.4.4).
const letters = 16

/**
 * Everything below, on one page. The viewport and letter size are put back.
 * @returns {Promise<string[]>} what is wrong, each with the page's name; empty when all is well.
 */
export async function everything (page, name) {
  const size = page.viewportSize()
  const out = [...await structure(page), ...await focusOrder(page)]
  await openDetails(page)
  out.push(...await accessibility(page))
  await page.setViewportSize({ width: narrow, height: 800 })
  out.push(...await sideways(page, `at ${narrow} px`), ...await accessibility(page, `at ${narrow} px`))
  await page.setViewportSize(size)
  out.push(...await largeText(page))
  return out.map(text => `${name}: ${text}`)
}

/** Title, headings, languages, ids; nothing inline that the policy would block. */
export function structure (page) {
  return page.evaluate(() => {
    const out = []
    const h1 = [...document.querySelectorAll('h1')]
    const text = h1[0]?.textContent.trim() ?? ''
    if (h1.length !== 1 || !text) out.push(`${h1.length} h1 headings, the first "${text}"`)
    if (!document.title.trim()) out.push('no title')
    else if (text && !document.title.replace(/^Error: /, '').startsWith(text)) out.push(`title "${document.title}" does not begin with the heading "${text}"`)
    if (document.querySelectorAll('main').length !== 1) out.push('not exactly one main')
    if (document.documentElement.lang !== 'en') out.push('the language is not said')
    const seen = new Set()
    for (const e of document.querySelectorAll('*')) {
      const tag = e.outerHTML.slice(0, 120)
      if (e.hasAttribute('style')) out.push(`inline style: ${tag}`)
      if (e.localName === 'style') out.push(`style element: ${tag}`)
      if (e.localName === 'script' && !e.getAttribute('src')) out.push(`inline script: ${tag}`)
      for (const a of e.attributes) {
        if (a.name.startsWith('on')) out.push(`inline handler: ${tag}`)
        if (['href', 'src', 'action', 'formaction'].includes(a.name) && /^\s*(javascript|data):/i.test(a.value)) out.push(`script in an address: ${tag}`)
      }
      if (e.id && seen.has(e.id)) out.push(`id twice: ${e.id}`)
      seen.add(e.id)
    }
    return out
  })
}

/** The keyboard's way begins at the skip link, which leads to the main part. */
export async function focusOrder (page) {
  const out = await page.evaluate(() => {
    const first = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
      .find(e => e.tabIndex >= 0 && !e.disabled && e.type !== 'hidden')
    const out = []
    if (!first?.matches('.govuk-skip-link')) out.push(`the keyboard begins at ${first?.outerHTML.slice(0, 120)}`)
    else if (!document.querySelector(first.getAttribute('href'))?.matches('main')) out.push('the skip link does not lead to the main part')
    for (const e of document.querySelectorAll('[tabindex]')) {
      if (e.tabIndex > 0) out.push(`tabindex above 0: ${e.outerHTML.slice(0, 120)}`)
    }
    return out
  })
  // An error summary takes the focus when the page opens: then the way begins there.
  if (await page.evaluate(() => document.activeElement === document.body)) {
    await page.keyboard.press('Tab')
    const seen = await page.evaluate(() => {
      const e = document.activeElement
      const box = e.getBoundingClientRect()
      // The link makes room for itself: left in view, it would move under a click.
      e.blur()
      return e.matches('.govuk-skip-link') && box.width > 20 && box.height > 10 && box.top >= 0 ? '' : e.outerHTML.slice(0, 120)
    })
    if (seen) out.push(`the first Tab does not show the skip link but reaches ${seen}`)
  }
  return out
}

// One finding is the design system's own, known to it and kept on purpose: a
// radio button or checkbox that opens further fields says so with
// aria-expanded, which screen readers announce though ARIA has no such state
// for these roles. Nothing else is let pass, and this only for that attribute.
const kept = n => /^<input class="govuk-(radios|checkboxes)__input"/.test(n.html) && /^ARIA attribute is not allowed: aria-expanded="(true|false)"$/.test(n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? '')

/** axe, without what it cannot decide. */
export async function accessibility (page, where = '') {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe)
  const { violations, passes } = await page.evaluate(values => window.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] }), levels)
  if (passes.length === 0) return ['axe looked at nothing']
  return violations.flatMap(v => v.nodes.filter(n => v.id !== 'aria-allowed-attr' || !kept(n)).map(n => `axe ${v.id} ${where}: ${n.html.slice(0, 200)} (${n.target.join(' ')}) ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ''}`))
}

/** The page is not wider than the window; a table may be, within a region of its own. */
export function sideways (page, where) {
  return page.evaluate(where => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    const within = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (getComputedStyle(p).overflowX !== 'visible') return true; return false }
    const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1 && !within(e))
    return [`scrolls sideways ${where}, to ${document.documentElement.scrollWidth} px: ${wide.slice(-2).map(e => e.outerHTML.slice(0, 160)).join(' | ')}`]
  }, where)
}

/** Letters twice as large: nothing cut off, nothing sideways. */
export async function largeText (page) {
  const measure = () => page.evaluate(() => parseFloat(getComputedStyle(document.querySelector('main p, main h1')).fontSize))
  const before = await measure()
  const devtools = await page.context().newCDPSession(page)
  try {
    await devtools.send('Page.setFontSizes', { fontSizes: { standard: 2 * letters, fixed: 26 } })
    const out = []
    const after = await measure()
    // Headings and paragraphs have a smaller size on a narrow page, which twice the letters make it.
    if (after < before * 1.5) out.push(`letters do not grow with the reader's setting: ${before} px, then ${after} px`)
    out.push(...await sideways(page, 'with letters of 200 %'))
    out.push(...await page.evaluate(() => [...document.querySelectorAll('body *')].filter(e => {
      const s = getComputedStyle(e)
      const cut = (s.overflowX === 'hidden' || s.overflowX === 'clip') && e.scrollWidth > e.clientWidth + 1 ||
        (s.overflowY === 'hidden' || s.overflowY === 'clip') && e.scrollHeight > e.clientHeight + 1
      return cut && e.clientWidth > 1 && e.textContent.trim() && !e.closest('svg')
    }).map(e => `cut off with letters of 200 %: ${e.outerHTML.slice(0, 160)}`)))
    return out
  } finally {
    await devtools.send('Page.setFontSizes', { fontSizes: { standard: letters, fixed: 13 } })
    await devtools.detach()
  }
}

function openDetails (page) {
  return page.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true })
}

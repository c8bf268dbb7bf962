// Writing a contact down: nothing that was typed may be lost, by a mistake, by
// another person added or taken out, or by the Enter key.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { choose, fillDate, follow, heading, mainText, session, signIn, startBrowser } from './browser.mjs'
import { mother, narrative, writeContact } from './contact.mjs'
import { startDemo } from './demo.mjs'

let demo, browser

before(async () => {
  demo = await startDemo()
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  await demo?.stop()
})

/** What stands in the form, field by field. */
function typed (page) {
  return page.evaluate(() => [...document.querySelectorAll('main form [name]')].filter(e => !['hidden', 'submit'].includes(e.type))
    .filter(e => !['radio', 'checkbox'].includes(e.type) || e.checked).map(e => `${e.name}=${e.value}`).sort())
}

for (const scripts of [true, false]) {
  const how = scripts ? 'with scripts' : 'without scripts'
  const open = async () => {
    const s = await session({ browser, origins: demo.origins, scripts })
    await signIn(s.page, demo.hub, 'worker')
    await s.page.goto(demo.hub + '/enquiries/new')
    return s
  }
  const send = page => page.getByRole('button', { name: 'Open the enquiry', exact: true }).last().click()

  test(`wrong input keeps what was typed, ${how}`, async () => {
    const { page, findings } = await open()
    await writeContact(page)
    await page.fill('[name="people[0].nhs"]', '9990100005')
    await page.fill('[name="people[0].postcode"]', 'nowhere')
    await page.fill('[name="people[1].reason"]', '')
    await fillDate(page, 'people[1].born', 31, 2, 1993)
    await page.fill('[name="basis.told"]', '')
    const before = await typed(page)
    await send(page)
    const problems = page.locator('.govuk-error-summary a')
    assert.equal(await problems.count(), 5, await mainText(page))
    assert.match(await page.title(), /^Error: /)
    assert.deepEqual(await typed(page), before)
    assert.match(before.join('\n'), new RegExp(narrative))
    for (const [words, field] of [[/NHS number/i, 'people[0].nhs'], [/postcode/, 'people[0].postcode'], [/person 2/, 'people[1].reason'], [/date of birth/, 'people[1].born-day'], [/told/, 'basis.told']]) {
      const link = problems.filter({ hasText: words })
      assert.equal(await link.count(), 1, `one problem about ${field}: ${await problems.allInnerTexts()}`)
      await link.click()
      const at = await page.evaluate(() => [location.hash, document.getElementById(location.hash.slice(1))?.name, document.activeElement.name])
      if (scripts) assert.equal(at[2], field, `the problem leads to ${field}`)
      else assert.equal(at[1], field, `the problem leads to ${field}, and not to ${at[0]}`)
    }
    // Every field says itself what is wrong, and is tied to the words.
    const tied = await page.evaluate(() => [...document.querySelectorAll('.govuk-error-message')].map(e => [...document.querySelectorAll('[aria-describedby]')].some(f => f.getAttribute('aria-describedby').split(' ').includes(e.id))))
    assert.deepEqual(tied, [true, true, true, true, true])
    assert.deepEqual(findings, [])
  })

  test(`corrected, it opens, ${how}`, async () => {
    const { page } = await open()
    await writeContact(page)
    await page.fill('[name="people[0].nhs"]', '1')
    await send(page)
    assert.equal(await page.locator('.govuk-error-summary a').count(), 1)
    await page.fill('[name="people[0].nhs"]', '999 010 0004')
    await send(page)
    assert.match(await heading(page), /^Enquiry/)
    assert.match(await mainText(page), /9990100004/)
  })

  test(`Enter in a field takes nobody out, ${how}`, async () => {
    const { page } = await open()
    await writeContact(page)
    await page.fill('[name="narrative"]', '')
    const before = await typed(page)
    await page.focus('[name="people[0].nhs"]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.govuk-error-summary')
    assert.deepEqual(await typed(page), before)
  })

  test(`people are added and taken out, the others stay, ${how}`, async () => {
    const { page } = await open()
    await writeContact(page)
    await page.getByRole('button', { name: 'Add another person' }).click()
    await choose(page, 'people[2].role', 'household')
    await page.fill('[name="people[2].given"]', 'Craig')
    await page.getByRole('button', { name: 'Remove person 2' }).click()
    const now = await typed(page)
    assert.ok(now.includes('people[1].given=Craig'), now.join('\n'))
    assert.ok(!now.some(f => f.endsWith('=' + mother.given) || f.startsWith('people[2]')))
    assert.ok(now.some(f => f.includes(narrative)))
  })

  test(`the second click opens nothing more, ${how}`, async () => {
    const { page } = await open()
    await writeContact(page)
    const form = await page.evaluate(() => [...new FormData(document.querySelector('main form'))].map(f => f.join('\u0000')))
    await send(page)
    const first = page.url()
    const again = await page.context().request.post(demo.hub + '/enquiries/new', {
      headers: { Origin: demo.hub, 'Content-Type': 'application/x-www-form-urlencoded' },
      data: new URLSearchParams(form.map(f => f.split('\u0000'))).toString(),
      maxRedirects: 0
    })
    assert.equal(again.status(), 303)
    assert.equal(new URL(again.headers().location, demo.hub).href, first)
  })

  test(`Enter in an agency's form sends the answer and adds nothing, ${how}`, async () => {
    const { page, findings } = await session({ browser, origins: demo.origins, scripts })
    await signIn(page, demo.nodes.housing, 'reviewer')
    await follow(page, 'Answer a question')
    const groups = () => page.locator('main [name$=".title"]').count()
    const title = page.locator('main [name$=".item.0.title"]').first()
    const before = await groups()
    await page.locator('input[name$=".outcome"][value="records_found"]').first().check()
    await title.fill('Rent arrears since June')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.govuk-error-summary')
    assert.equal(await groups(), before, 'no item was added')
    assert.equal(await title.inputValue(), 'Rent arrears since June')
    assert.match(await mainText(page), /Choose what this is about/i)
    assert.deepEqual(findings, [])
  })
}

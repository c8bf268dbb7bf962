// A worker's day with scripts switched off: from the contact to the closed
// enquiry, with the people of the agencies in between. Nothing here needs a
// script, so that a slow line or a strict browser stops nobody.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { choose, follow, heading, mainText, reloadUntil, session, signIn, startBrowser } from './browser.mjs'
import { structure } from './checks.mjs'
import { ask, child, writeContact } from './contact.mjs'
import { startDemo } from './demo.mjs'

let demo, browser, worker, findings
const all = []

async function person (base, role) {
  const s = await session({ browser, origins: demo.origins, scripts: false })
  all.push(s.findings)
  await signIn(s.page, base, role)
  return s.page
}

before(async () => {
  demo = await startDemo()
  browser = await startBrowser()
  const s = await session({ browser, origins: demo.origins, scripts: false })
  worker = s.page
  findings = s.findings
  all.push(findings)
})

after(async () => {
  await browser?.close()
  const ended = await demo?.stop()
  if (ended) assert.deepEqual(ended, { code: 0, signal: null, left: [] }, 'the demo ends on an interrupt, with everything that it started')
})

// Each step needs the one before.
test('a worker’s day without scripts', async t => {
  let broken = ''
  const step = async (name, body) => {
    await t.test(name, { skip: broken ? `after “${broken}” failed` : false }, async () => {
      broken = name
      await body()
      await worker.waitForLoadState()
      assert.deepEqual(await structure(worker), [], worker.url())
      broken = ''
    })
  }
  let address // of the enquiry
  let reference

  await step('scripts are off', async () => {
    await worker.goto(demo.hub + '/sign-in')
    assert.equal(await worker.locator('body.js-enabled, body.govuk-frontend-supported').count(), 0)
  })

  await step('sign in and see what the role is for', async () => {
    await signIn(worker, demo.hub, 'worker')
    assert.match(await mainText(worker), /Open an enquiry/)
  })

  await step('the board has the questions that are waiting', async () => {
    await follow(worker, 'Board')
    const text = await mainText(worker)
    assert.match(text, /Fernshire Council, housing/)
    assert.match(text, /The Probation Service, Fernshire/)
    assert.ok(!text.includes(child.family), 'the board says nothing about anybody')
  })

  await step('open an enquiry', async () => {
    await follow(worker, 'Open an enquiry')
    await writeContact(worker)
    await worker.getByRole('button', { name: 'Open the enquiry' }).click()
    assert.match(await heading(worker), /^Enquiry/)
    address = worker.url()
    reference = (await heading(worker)).split(' ')[1]
    assert.match(await mainText(worker), /Nobody has been asked yet/)
    assert.ok(!(await worker.title()).includes(child.family) && !address.includes(child.family), 'no name in title or address')
  })

  await step('ask agencies, each for what is needed', async () => {
    await follow(worker, 'Ask agencies')
    await ask(worker, [
      { party: 'Fernshire Police', people: ['household-1'], categories: ['police.domestic_incident', 'police.crime'] },
      { party: 'Millbrook Primary School', people: ['subject-1'], categories: ['education.attendance', 'education.concern'] },
      { party: 'Fernshire Council, housing', people: ['household-1'], categories: ['housing.tenancy', 'housing.arrears'] }])
    assert.match(await mainText(worker), /3 questions are on the way/)
  })

  await step('write an own view before the answers', async () => {
    await follow(worker, 'Write your own view')
    assert.equal(await heading(worker), 'Your own view first')
    assert.ok(!/shouting/.test(await mainText(worker)), 'no answer is shown before the own view')
    await worker.fill('[name="own_view"]', 'Who else lives there?')
    await worker.getByRole('button', { name: 'Save and open the chronology' }).click()
    assert.equal(await heading(worker), 'Chronology')
  })

  await step('read the chronology, the child’s voice first', async () => {
    await reloadUntil(worker, async () => /the shouting's on/.test(await mainText(worker)) && /MF-7\.2/.test(await mainText(worker)), 'the school and the police have answered')
    const text = await mainText(worker)
    const voice = text.indexOf("the shouting's on")
    assert.ok(voice < text.indexOf('What the agencies said, by date'), 'the voice comes before everything else')
    assert.ok(voice < text.indexOf('Verbal domestic incident'), 'the voice comes before what police said')
    assert.match(text, /Who else lives there\?/)
  })

  await step('see what is withheld, and by which clause', async () => {
    const row = worker.getByRole('row').filter({ hasText: 'MF-7.2' })
    assert.equal(await row.count(), 1)
    assert.match(await row.innerText(), /Fernshire Police/)
    assert.ok(!/Pushed against a door/.test(await worker.content()), 'what is withheld is not in the page')
  })

  await step('housing answers with the keyboard alone', async () => {
    const officer = await person(demo.nodes.housing, 'reviewer')
    await officer.goto(demo.nodes.housing + '/tasks')
    await officer.getByRole('row').filter({ hasText: reference }).getByRole('link').focus()
    await officer.keyboard.press('Enter')
    await officer.waitForURL(/\/tasks\/.+/)
    assert.equal(await heading(officer), 'Answer a question')
    await tabTo(officer, '[name="household-1.outcome"]')
    await officer.keyboard.press('Space')
    assert.equal(await officer.locator('[name="household-1.outcome"]:checked').inputValue(), 'records_found')
    const item = 'household-1.item.0.'
    await tabTo(officer, `[name="${item}category"]`)
    await officer.keyboard.press('ArrowDown')
    await tabTo(officer, `[name="${item}kind"]`)
    await officer.keyboard.press('Space')
    for (const [field, text] of [['date-day', '14'], ['date-month', '6'], ['date-year', '2021'], ['title', 'Secure tenancy'], ['text', 'Two-bedroom flat.']]) {
      await tabTo(officer, `[name="${item}${field}"]`)
      await officer.keyboard.type(text)
    }
    await tabTo(officer, 'button', 'Send this answer')
    await officer.keyboard.press('Enter')
    await officer.waitForURL(/\/tasks$/)
    assert.match(await mainText(officer), /Your answer has been taken/)
    assert.deepEqual(await structure(officer), [])
  })

  await step('the hub shows that housing has answered', async () => {
    await worker.goto(address)
    const row = worker.getByRole('row').filter({ hasText: 'Fernshire Council, housing' }).filter({ hasText: 'It took' })
    await reloadUntil(worker, async () => await row.count() > 0, 'housing has landed')
    assert.match(await row.innerText(), /Answered/)
    await worker.goto(address + '/chronology')
    assert.match(await mainText(worker), /Secure tenancy/)
  })

  await step('say that the picture is ready, and decide', async () => {
    await worker.goto(address)
    await follow(worker, 'Say that the picture is ready for a decision')
    await worker.getByRole('button', { name: 'The picture is ready for a decision' }).click()
    await follow(worker, 'Record the decision')
    assert.equal(await worker.locator('input[name="outcome"]:checked').count(), 0, 'nothing is chosen beforehand')
    await choose(worker, 'outcome', 'early_help')
    await worker.fill('[name="why"]', 'She is tired and afraid of the shouting.')
    await worker.getByRole('checkbox', { name: /Child’s voice/ }).first().check()
    await worker.getByRole('button', { name: 'Record the decision' }).click()
    assert.match(await mainText(worker), /The decision is recorded/)
  })

  await step('write to the originator', async () => {
    await follow(worker, 'Tell the originator')
    await choose(worker, 'told', 'yes')
    await worker.fill('[name="text"]', 'Thank you. Early help begins next week.')
    await worker.getByRole('button', { name: 'Settle it' }).click()
    assert.match(await mainText(worker), /second reader/)
  })

  await step('a second person reads it and lets it go', async () => {
    const second = await person(demo.hub, 'manager')
    await second.goto(address)
    await follow(second, 'Read it')
    assert.match(await mainText(second), /Early help begins next week/)
    await choose(second, 'allow', 'yes')
    await second.getByRole('button', { name: 'Record it' }).click()
    assert.match(await mainText(second), /Told/)
    assert.deepEqual(await structure(second), [])
  })

  await step('the school’s lead reads the feedback and acknowledges it', async () => {
    const lead = await person(demo.nodes.schools, 'dsl-999001')
    await lead.goto(demo.nodes.schools + '/tasks')
    const notice = lead.getByRole('link', { name: 'Read a notice' })
    await reloadUntil(lead, async () => await notice.count() > 0, 'the notice is in the inbox')
    await notice.first().click()
    assert.match(await mainText(lead), /Early help begins next week/)
    await lead.getByRole('button', { name: 'I have read this' }).click()
    assert.match(await mainText(lead), /acknowledged/)
    await worker.goto(demo.hub + '/notices')
    await reloadUntil(worker, async () => /Acknowledged by a person/.test(await mainText(worker)), 'the hub knows of the acknowledgement')
  })

  await step('another school’s lead has nothing to do with it', async () => {
    const other = await person(demo.nodes.schools, 'dsl-999002')
    await other.goto(demo.nodes.schools + '/tasks')
    assert.match(await mainText(other), /Nothing is waiting for you/)
  })

  await step('close the enquiry', async () => {
    await worker.goto(address)
    await follow(worker, 'Close the enquiry')
    await choose(worker, 'sentenced', 'no')
    await choose(worker, 'plan', 'no')
    await worker.getByRole('button', { name: 'Close the enquiry' }).click()
    assert.match(await mainText(worker), /The enquiry is closed/)
  })

  await step('sign out', async () => {
    await worker.getByRole('button', { name: 'Sign out' }).click()
    await worker.goto(address)
    assert.match(worker.url(), /\/sign-in/)
  })

  await t.test('nothing was blocked, thrown or sent elsewhere', () => assert.deepEqual(all.flat(), []))
})

/** Presses Tab until the focus is on what is wanted, as somebody without a mouse does. */
async function tabTo (page, selector, text = '') {
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press('Tab')
    const there = await page.evaluate(([selector, text]) => {
      const e = document.activeElement
      return e.matches(selector) && e.textContent.includes(text)
    }, [selector, text])
    if (there) return
  }
  throw new Error(`Tab does not reach ${selector} ${text}`)
}

// Every page that people reach, with scripts: accessible (WCAG 2.2 AA as far as
// axe can tell), readable on a narrow screen and with large letters, with
// nothing inline, nothing from elsewhere and a silent console. Then the same
// for the pages as they are without scripts, where what a script hides is seen.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { choose, fillDate, follow, heading, mainText, reloadUntil, session, signIn, startBrowser } from './browser.mjs'
import { everything } from './checks.mjs'
import { ask, child, mother, writeContact } from './contact.mjs'
import { startDemo } from './demo.mjs'

let demo, browser
const sessions = []
const seen = new Map() // address to the session that may see it
const faults = [] // of all pages: one that fails must not hide the others

before(async () => {
  demo = await startDemo()
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  await demo?.stop()
})

async function person (base, role) {
  const s = await session({ browser, origins: demo.origins })
  sessions.push(s)
  if (role) await signIn(s.page, base, role)
  return s.page
}

/** Looks at the page that is open. */
async function look (page, name) {
  await page.waitForLoadState()
  seen.set(page.url(), page)
  faults.push(...await everything(page, name))
}

async function visit (page, address, name, title) {
  await page.goto(address)
  assert.equal(await heading(page), title)
  await look(page, name)
}

/** Sends a form that is not right and looks at how it comes back. */
async function mistake (page, button, name) {
  await page.getByRole('button', { name: button, exact: true }).last().click()
  await page.waitForSelector('.govuk-error-summary')
  assert.match(await page.title(), /^Error: /)
  assert.ok(await page.evaluate(() => document.activeElement.matches('.govuk-error-summary')), `${name}: the error summary has the focus`)
  const dead = await page.evaluate(() => [...document.querySelectorAll('.govuk-error-summary a')].filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.hash))
  assert.deepEqual(dead, [], `${name}: each problem leads to its field`)
  await look(page, name)
}

test('every page', async t => {
  let broken = ''
  const step = (name, body) => t.test(name, { skip: broken ? `after “${broken}” failed` : false }, async () => {
    broken = name
    await body()
    broken = ''
  })
  let worker, address, housing, answerTask

  await step('sign-in', async () => {
    worker = await person(demo.hub)
    await visit(worker, demo.hub + '/sign-in', 'sign-in', 'Sign in to the demonstration')
    await mistake(worker, 'Sign in', 'sign-in with nothing chosen')
    await signIn(worker, demo.hub, 'worker')
    await look(worker, 'home of a worker')
  })

  await step('board and notices', async () => {
    await visit(worker, demo.hub + '/board', 'board', 'Outstanding requests')
    await visit(worker, demo.hub + '/notices', 'notices, empty', 'Notices')
    await visit(worker, demo.hub + '/nowhere', 'page that is not there', 'Page not found')
  })

  await step('new enquiry', async () => {
    await visit(worker, demo.hub + '/enquiries/new', 'new enquiry, empty', 'Open an enquiry')
    await mistake(worker, 'Open the enquiry', 'new enquiry with nothing filled in')
    await worker.goto(demo.hub + '/enquiries/new')
    await writeContact(worker)
    // Without number and address police find somebody who may be she.
    await worker.fill('[name="people[1].nhs"]', '')
    await worker.fill('[name="people[1].identifier_omitted_reason"]', 'Not asked yet')
    await look(worker, 'new enquiry, filled in')
    await worker.getByRole('button', { name: 'Open the enquiry' }).click()
    assert.match(await heading(worker), /^Enquiry/)
    address = worker.url()
    await look(worker, 'enquiry, nobody asked')
  })

  await step('ask', async () => {
    await visit(worker, address + '/ask', 'ask', 'Ask agencies')
    await worker.locator('input[value="ask"]').first().check()
    await mistake(worker, 'Send the questions', 'ask without people and categories')
    await worker.goto(address + '/ask')
    await ask(worker, [
      { party: 'Fernshire Police', people: ['household-1'], categories: ['police.domestic_incident', 'police.crime'] },
      { party: 'Millbrook Primary School', people: ['subject-1'], categories: ['education.attendance', 'education.concern'] },
      { party: 'Fernshire Council, housing', people: ['household-1'], categories: ['housing.tenancy', 'housing.concern'] },
      { party: 'The Probation Service, Fernshire', people: ['household-1'], categories: ['probation.order'] }])
    assert.match(await mainText(worker), /4 questions are on the way/)
    await look(worker, 'enquiry, being asked')
  })

  await step('own view and chronology', async () => {
    await visit(worker, address + '/chronology', 'own view', 'Your own view first')
    await mistake(worker, 'Save and open the chronology', 'own view, empty')
    await worker.fill('[name="own_view"]', 'Who else lives there?')
    await worker.getByRole('button', { name: 'Save and open the chronology' }).click()
    await reloadUntil(worker, async () => /the shouting's on/.test(await mainText(worker)), 'the school has answered')
    await visit(worker, address + '/chronology', 'chronology', 'Chronology')
    const size = worker.viewportSize()
    await worker.setViewportSize({ width: 320, height: 800 })
    const prose = await worker.locator('table').filter({ hasText: 'What was said' }).locator('..').evaluate(r => [r.scrollWidth, r.clientWidth])
    assert.equal(prose[0], prose[1], 'what agencies said is read on a small screen without scrolling sideways')
    await worker.goto(address)
    for (const bar of await worker.locator('svg.mash-bar').all()) assert.ok((await bar.boundingBox()).width >= 150, 'a bar can be read on a small screen')
    await worker.setViewportSize(size)
  })

  await step('a node: inbox and answer', async () => {
    housing = await person(demo.nodes.housing)
    await visit(housing, demo.nodes.housing + '/sign-in', 'sign-in of a node', 'Sign in to the demonstration')
    await signIn(housing, demo.nodes.housing, 'reviewer')
    await visit(housing, demo.nodes.housing + '/tasks', 'inbox', 'Inbox')
    await visit(housing, demo.nodes.housing + '/tasks/nowhere', 'task that is not there', 'Page not found')
    await housing.goto(demo.nodes.housing + '/tasks')
    await reference(housing, worker, address)
    answerTask = housing.url()
    await look(housing, 'answer')
    await mistake(housing, 'Send this answer', 'answer with nothing said')
    await choose(housing, 'household-1.outcome', 'records_found')
    await housing.getByRole('button', { name: /^Add another item/ }).click()
    assert.equal(await housing.locator('[name="household-1.item.1.title"]').count(), 1)
    await look(housing, 'answer with two items')
    const item = 'household-1.item.0.'
    await housing.selectOption(`[name="${item}category"]`, 'housing.concern')
    await choose(housing, item + 'kind', 'fact')
    await housing.fill(`[name="${item}title"]`, 'Front door forced')
    await fillDate(housing, item + 'date', 40, 13, 2026)
    await mistake(housing, 'Send this answer', 'answer with a wrong date')
    assert.equal(await housing.inputValue(`[name="${item}title"]`), 'Front door forced')
    await fillDate(housing, item + 'date', 14, 6, 2026)
    await housing.getByRole('button', { name: 'Send this answer' }).click()
    assert.match(await mainText(housing), /Your answer has been taken/)
    await look(housing, 'inbox with a message')
    await visit(housing, answerTask, 'task that is done', 'This is done already')
  })

  await step('a node: is it the same person?', async () => {
    const police = await person(demo.nodes.police, 'reviewer')
    await police.goto(demo.nodes.police + '/tasks')
    const check = police.getByRole('link', { name: 'Check whether it is the same person' })
    await reloadUntil(police, async () => await check.count() > 0, 'police have somebody to compare')
    await check.first().click()
    await look(police, 'match')
    await mistake(police, 'Confirm', 'match with nothing chosen')
    await police.locator('main input[type="radio"]').first().check()
    await police.getByRole('button', { name: 'Confirm' }).click()
    assert.match(await mainText(police), /taken|Nothing is waiting/)
    await look(police, 'inbox, empty')
  })

  await step('a question back', async () => {
    const probation = await person(demo.nodes.probation, 'reviewer')
    await probation.goto(demo.nodes.probation + '/tasks')
    await reference(probation, worker, address)
    const details = probation.locator('details').filter({ has: probation.locator('textarea[name="text"]') })
    await details.first().evaluate(d => { d.open = true })
    await probation.fill('form[action$="/ask-back"] textarea[name="text"]', 'Which years do you mean?')
    await probation.locator('form[action$="/ask-back"] button').click()
    await worker.goto(address)
    await reloadUntil(worker, async () => /asked a question back/.test(await mainText(worker)), 'the question is at the hub')
    await follow(worker, 'Answer their question')
    await look(worker, 'clarification')
    await mistake(worker, 'Send the answer', 'clarification, empty')
    await worker.fill('[name="text"]', 'From 2019 on.')
    await worker.getByRole('button', { name: 'Send the answer' }).click()
    await look(worker, 'enquiry with a question answered')
  })

  await step('smaller steps', async () => {
    for (const [path, title] of [['/voice', 'Why the child was not heard'], ['/rag', 'Change how urgent it is'], ['/agreement', 'The family no longer agrees'],
      ['/own-view', 'Your own view first'], ['/collate', 'Ready for a decision'], ['/reopen', 'Reopen the enquiry'], ['/late-review', 'Review what came late'], ['/feedback-review', 'Read the text to the originator']]) {
      await visit(worker, address + path, path, title)
    }
    await worker.goto(address)
    await follow(worker, 'Withdraw')
    await look(worker, 'withdraw')
    await mistake(worker, 'Withdraw', 'withdraw without a reason')
    await worker.fill('[name="reason"]', 'No longer needed')
    await worker.getByRole('button', { name: 'Withdraw' }).click()
    await visit(worker, address + '/close', 'close', 'Close the enquiry')
    await choose(worker, 'sentenced', 'no')
    await choose(worker, 'plan', 'no')
    await mistake(worker, 'Close the enquiry', 'close, refused with reasons')
  })

  await step('decide, tell, close', async () => {
    await worker.goto(address + '/collate')
    await worker.getByRole('button', { name: 'The picture is ready for a decision' }).click()
    await visit(worker, address + '/decide', 'decide', 'Record the decision')
    await mistake(worker, 'Record the decision', 'decide with nothing said')
    await choose(worker, 'outcome', 'early_help')
    await worker.fill('[name="why"]', 'She is tired and afraid.')
    await worker.getByRole('checkbox').first().check()
    await worker.getByRole('button', { name: 'Record the decision' }).click()
    await look(worker, 'enquiry, decided')
    await visit(worker, address + '/feedback', 'feedback', 'Tell the originator')
    await mistake(worker, 'Settle it', 'feedback with nothing said')
    await choose(worker, 'told', 'yes')
    await mistake(worker, 'Settle it', 'feedback without a text')
    await worker.fill('[name="text"]', 'Thank you. Early help begins next week.')
    await worker.getByRole('button', { name: 'Settle it' }).click()
    const second = await person(demo.hub, 'manager')
    await look(second, 'home of a manager')
    await visit(second, address + '/feedback-review', 'feedback of a colleague', 'Read the text to the originator')
    await mistake(second, 'Record it', 'feedback of a colleague with nothing said')
    await choose(second, 'allow', 'yes')
    await second.getByRole('button', { name: 'Record it' }).click()
    await worker.goto(address + '/close')
    await choose(worker, 'sentenced', 'no')
    await choose(worker, 'plan', 'no')
    await worker.getByRole('button', { name: 'Close the enquiry' }).click()
    assert.match(await mainText(worker), /The enquiry is closed/)
    await look(worker, 'enquiry, closed')
  })

  await step('feedback at the school, and notices', async () => {
    const lead = await person(demo.nodes.schools, 'dsl-999001')
    await lead.goto(demo.nodes.schools + '/tasks')
    const notice = lead.getByRole('link', { name: 'Read a notice' })
    await reloadUntil(lead, async () => await notice.count() > 0, 'the feedback is in the inbox')
    await look(lead, 'inbox of a school')
    await notice.first().click()
    await look(lead, 'feedback at a school')
    await visit(worker, demo.hub + '/notices', 'notices', 'Notices')
  })

  await step('who checks the hub', async () => {
    const lead = await person(demo.hub, 'ig_lead')
    await look(lead, 'home of an IG lead')
    await visit(lead, demo.hub + '/board', 'board of an IG lead', 'Outstanding requests')
    await visit(lead, demo.hub + '/retention', 'records', 'Records: keeping and destroying')
    await visit(lead, address + '/keeping', 'how an enquiry is kept', 'How this enquiry is kept')
    const scrutineer = await person(demo.hub, 'scrutineer')
    await look(scrutineer, 'home of a scrutineer')
    await visit(scrutineer, demo.hub + '/agreements', 'agreements', 'Sharing agreements')
    await scrutineer.getByRole('link', { name: 'What the Fernshire MASH agreement lets happen' }).click()
    assert.equal(await heading(scrutineer), 'What the Fernshire MASH agreement lets happen')
    await look(scrutineer, 'document of an agreement')
    const href = await scrutineer.getByRole('button', { name: 'Download the PDF for signature' }).getAttribute('href')
    const pdf = await scrutineer.context().request.get(demo.hub + href)
    assert.equal(pdf.headers()['content-type'], 'application/pdf')
    assert.equal((await pdf.body()).subarray(0, 5).toString(), '%PDF-')
    await visit(scrutineer, demo.hub + '/agreements/document?agreement=encompass-fernshire', 'document of Operation Encompass', 'What the Fernshire Encompass agreement lets happen')
    await visit(scrutineer, demo.hub + '/audit', 'audit', 'Audit log')
  })

  await t.test('every page keeps what pages must keep', () => assert.deepEqual(faults, []))

  await t.test('no name stands in a title or address', async () => {
    for (const { page } of sessions) {
      for (const name of [child.given, child.family, mother.given]) assert.ok(!(await page.title() + page.url()).includes(name))
    }
    for (const a of seen.keys()) for (const name of [child.given, child.family, mother.given]) assert.ok(!a.includes(name), a)
  })

  await t.test('nothing was blocked, thrown or sent elsewhere', () => assert.deepEqual(sessions.flatMap(s => s.findings), []))

  // What a script would fold away is open, and must be as good.
  await t.test('the same pages without scripts', async () => {
    const faults = []
    const queue = [...seen]
    await Promise.all([1, 2].map(async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [at, page] = next
        const own = await page.context().newPage()
        await own.route('**/*.js', route => route.fulfill({ contentType: 'text/javascript', body: '' }))
        await own.goto(at)
        faults.push(...await everything(own, `without scripts, ${new URL(at).pathname}`))
        await own.close()
      }
    }))
    assert.deepEqual(faults, [])
  })
})

/** Opens the task of the worker's enquiry, found by its reference. */
async function reference (officer, worker, address) {
  await worker.goto(address)
  const ref = (await heading(worker)).split(' ')[1]
  const row = officer.getByRole('row').filter({ hasText: ref })
  await reloadUntil(officer, async () => await row.count() > 0, 'the question is in the inbox')
  await row.getByRole('link').click()
  await officer.waitForURL(/\/tasks\/.+/)
}

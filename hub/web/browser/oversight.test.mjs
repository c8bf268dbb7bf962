// Who may see what: those who check the hub reach nothing about anybody, and
// what is restricted to some looks to others as if it were not there. On a
// scenario with three children, in which police tell each child's setting.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { heading, mainText, reloadUntil, session, signIn, startBrowser } from './browser.mjs'
import { everything } from './checks.mjs'
import { ask, child, narrative, writeContact } from './contact.mjs'
import { startDemo } from './demo.mjs'

let demo, browser
const sessions = []
const pages = ['', '/chronology', '/ask', '/own-view', '/voice', '/rag', '/agreement', '/collate', '/decide', '/feedback', '/feedback-review', '/close', '/reopen', '/late-review', '/withdraw', '/review', '/clarification']

before(async () => {
  demo = await startDemo({ scenario: 8 })
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  await demo?.stop()
})

async function person (base, role) {
  const s = await session({ browser, origins: demo.origins })
  sessions.push(s)
  await signIn(s.page, base, role)
  return s.page
}

const json = async (page, path) => {
  const r = await page.context().request.get(demo.hub + path)
  assert.equal(r.status(), 200, path)
  return r.json()
}

/** What somebody gets for an address: status, and the text without what differs for each request. */
async function answer (page, path) {
  const r = await page.context().request.get(demo.hub + path, { maxRedirects: 0 })
  const volatile = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g
  const headers = Object.fromEntries(Object.entries(r.headers()).filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name)))
  return { status: r.status(), headers, text: (await r.text()).replace(volatile, 'ID') }
}

test('oversight without content', async t => {
  const worker = await person(demo.hub, 'worker')
  await worker.goto(demo.hub + '/board')
  // The scenario's enquiry: opened, and nothing outstanding or something; the
  // worker's list has it either way.
  let id = ''
  await t.test('the worker reads the whole', async () => {
    await worker.goto(demo.hub + '/')
    const link = worker.locator('a[href*="/enquiries/0"]').first()
    await reloadUntil(worker, async () => await link.count() > 0, 'the scenario’s enquiry is listed')
    id = (await link.getAttribute('href')).split('/')[2]
  })

  const secrets = new Set()
  await t.test('what must not be seen is known', async () => {
    await reloadUntil(worker, async () => (await json(worker, `/api/v1/enquiries/${id}`)).requests?.every(r => r.state === 'landed'), 'all have answered')
    const p = await json(worker, `/api/v1/enquiries/${id}/chronology`)
    const strings = v => typeof v === 'string' ? [v] : v && typeof v === 'object' ? Object.values(v).flatMap(strings) : []
    for (const who of p.content.people) for (const text of strings([who.record?.names ?? who.record?.name ?? who.record, who.reason])) secrets.add(text)
    for (const text of [p.content.narrative, p.content.own_view, p.content.originator?.name]) if (text) secrets.add(text)
    for (const x of p.chronology) for (const text of [x.item.title, x.item.text]) if (text) secrets.add(text)
    for (const text of ['Castellan', 'Arlo', 'Wren', 'Juno', 'Imogen', 'Rope Walk', '9990800006', '9990800014', '9990800022', '9990800030', 'W000260800101', 'Mr Castellan was arrested', 'Clingy at pick-up']) secrets.add(text)
    // Codes are no secrets, nor are words so short that they stand anywhere.
    for (const text of [...secrets]) if (text.trim().length < 4 || /^(https?:|[a-z_.]+$)/.test(text)) secrets.delete(text)
    // Nor are kinds of information, by the names that agreements give them.
    for (const m of (await json(worker, '/api/v1/agreements')).matrices) for (const r of m.rows) secrets.delete(r.label)
    const shown = (await (await worker.context().request.get(`${demo.hub}/enquiries/${id}/chronology`)).text()) + await (await worker.context().request.get(`${demo.hub}/enquiries/${id}`)).text()
    for (const text of ['Castellan', 'Clingy at pick-up', '9990800006']) assert.ok(shown.includes(text), `the worker's pages have: ${text}`)
    assert.ok(secrets.size > 25, `${secrets.size} texts`)
  })

  for (const role of ['ig_lead', 'scrutineer']) {
    await t.test(`${role} reaches nothing about anybody`, async () => {
      const page = await person(demo.hub, role)
      const nobody = '01a20000-0000-7000-8000-000000000000'
      const texts = new Map()
      for (const path of pages) {
        const [there, missing] = [await answer(page, `/enquiries/${id}${path}`), await answer(page, `/enquiries/${nobody}${path}`)]
        assert.equal(there.status, 404, path)
        assert.deepEqual(there, missing, `${path} looks as if it were not there`)
        texts.set(path, there.text)
      }
      for (const path of ['', '/chronology']) {
        const there = await answer(page, `/api/v1/enquiries/${id}${path}`)
        assert.equal(there.status, 404, path)
        assert.deepEqual(there, await answer(page, `/api/v1/enquiries/${nobody}${path}`))
        texts.set('api' + path, there.text)
      }
      // Every page that links lead to from the start page.
      const queue = ['/', '/board', '/notices', '/audit', '/api/v1/board', '/api/v1/notices', '/events-are-not-a-page']
      for (const path of queue) {
        const r = await page.context().request.get(demo.hub + path)
        const text = await r.text()
        texts.set(path, text)
        for (const href of [...text.matchAll(/href="(\/[^"#]*)"/g)].map(m => m[1].replaceAll('&amp;', '&'))) if (!queue.includes(href) && !href.startsWith('/static/') && queue.length < 60) queue.push(href)
      }
      assert.ok(texts.get('/audit').includes('Audit log'))
      assert.ok(texts.get('/agreements/document?agreement=mash-fernshire').includes('GP registration'), 'what an agreement lets happen is among them')
      if (role === 'scrutineer') assert.ok([...texts].some(([path, text]) => path.includes('bundle') && text.length > 1000), 'the audit log is among them')
      for (const [path, text] of texts) {
        const plain = text.replaceAll('&#39;', "'").replaceAll('&#34;', '"').replaceAll('&amp;', '&')
        for (const secret of secrets) assert.ok(!plain.includes(secret), `${role} reads “${secret}” at ${path}`)
      }
    })
  }

  await t.test('a restricted enquiry looks to another worker as if it were not there', async () => {
    await worker.goto(demo.hub + '/enquiries/new')
    await writeContact(worker, { restricted: 'yes' })
    await worker.getByRole('button', { name: 'Open the enquiry', exact: true }).last().click()
    const address = worker.url()
    const reference = (await heading(worker)).split(' ')[1]
    await worker.goto(address + '/ask')
    await ask(worker, [{ party: 'The Probation Service, Fernshire', people: ['household-1'], categories: ['probation.order'] }])
    assert.match(await mainText(worker), /1 question is on the way/)
    await worker.goto(demo.hub + '/board')
    assert.ok((await mainText(worker)).includes(reference), 'it is on the board of whom it is restricted to')

    const other = await person(demo.hub, 'worker_2')
    assert.equal((await answer(other, `/enquiries/${id}`)).status, 200, 'what is not restricted is open to the colleague')
    const own = new URL(address).pathname
    for (const path of pages) {
      const there = await answer(other, own + path)
      assert.equal(there.status, 404, path)
      assert.deepEqual(there, await answer(other, '/enquiries/01a20000-0000-7000-8000-000000000000' + path), path)
    }
    for (const path of ['/', '/board', '/notices', '/api/v1/board']) {
      const { text } = await answer(other, path)
      for (const secret of [reference, child.family, narrative, own.split('/')[2]]) assert.ok(!text.includes(secret), `${path} tells of it: ${secret}`)
    }
    await other.goto(address)
    assert.equal(await heading(other), 'Page not found')
  })

  await t.test('each setting is told once, and a person acknowledges', async () => {
    const lead = await person(demo.nodes.schools, 'dsl-999005')
    await lead.goto(demo.nodes.schools + '/tasks')
    const notice = lead.getByRole('link', { name: 'Read a notice' })
    await reloadUntil(lead, async () => await notice.count() > 0, 'the nursery has its notice')
    assert.equal(await notice.count(), 1)
    await notice.click()
    assert.equal(await heading(lead), 'A child was affected by domestic abuse')
    const text = await mainText(lead)
    assert.ok(text.includes('Wren') && !text.includes('Arlo') && !text.includes('Juno'), 'it is about this setting’s child alone')
    assert.ok(!(await lead.title()).includes('Wren'))
    const faults = await everything(lead, 'Encompass notice')
    await lead.getByRole('button', { name: 'I have read this' }).click()
    await worker.goto(demo.hub + '/notices')
    await reloadUntil(worker, async () => /Acknowledged by a person/.test(await mainText(worker)), 'the hub knows of it')
    assert.ok(!/Castellan|Wren|Arlo|Juno|Rope Walk/.test(await worker.content()), 'the hub’s list of notices names nobody')
    faults.push(...await everything(worker, 'notices'))
    assert.deepEqual(faults, [])
  })

  await t.test('nothing was blocked, thrown or sent elsewhere', () => assert.deepEqual(sessions.flatMap(s => s.findings), []))
})

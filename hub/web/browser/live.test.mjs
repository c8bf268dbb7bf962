// What pages do by themselves: the board follows the answers, the enquiry only
// offers to be read again, and nothing looks current that is not.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { mainText, session, signIn, startBrowser } from './browser.mjs'
import { startDemo } from './demo.mjs'

let demo, browser, stopped

before(async () => {
  demo = await startDemo()
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  if (!stopped) await demo?.stop()
})

test('pages follow what happens', async t => {
  const { page, context, findings } = await session({ browser, origins: demo.origins })
  await signIn(page, demo.hub, 'worker')
  await page.goto(demo.hub + '/board')
  const status = page.locator('[data-live-status]')
  const rows = page.locator('main tbody tr')
  const housing = rows.filter({ hasText: 'Fernshire Council, housing' })
  const probation = rows.filter({ hasText: 'The Probation Service, Fernshire' })
  await housing.first().waitFor()
  await page.evaluate(() => { window.notReloaded = true })

  await t.test('the board shows an answer without being loaded again', async () => {
    await refuse(demo.nodes.housing)
    await housing.first().waitFor({ state: 'detached' })
    assert.ok(await page.evaluate(() => window.notReloaded))
    assert.match(await status.innerText(), /^Updated at/)
    assert.equal(await probation.count(), 1)
  })

  await t.test('it waits while it is paused, and then makes up for it', async () => {
    await page.getByRole('button', { name: 'Pause updates' }).click()
    assert.equal(await status.innerText(), 'Updates are paused.')
    await refuse(demo.nodes.probation)
    await page.waitForTimeout(2500)
    assert.equal(await probation.count(), 1)
    await page.getByRole('button', { name: 'Resume updates' }).click()
    await probation.first().waitFor({ state: 'detached' })
    assert.ok(await page.evaluate(() => window.notReloaded))
    assert.match(await mainText(page), /Nothing is outstanding|no question|No question/i)
  })

  await t.test('no finding so far', () => assert.deepEqual(findings, []))

  await t.test('it says that it is out of date when the hub is gone', async () => {
    stopped = true
    const ended = await demo.stop()
    await page.waitForFunction(() => /interrupted|ended/.test(document.querySelector('[data-live-status]').textContent))
    assert.match(await status.innerText(), /Live updates are interrupted. What you see may be out of date|Live updates have ended/)
    assert.deepEqual(ended, { code: 0, signal: null, left: [] }, 'an open page does not hold the demo up')
  })
  await context.close()
})

/** Answers the only task of a node: we do not answer, for a reason. */
async function refuse (base) {
  const { page, context } = await session({ browser, origins: demo.origins })
  await signIn(page, base, 'reviewer')
  await page.goto(base + '/tasks')
  await page.locator('main tbody a').first().click()
  for (const group of await page.locator('input[name$=".outcome"][value="refused"]').all()) await group.check()
  for (const reason of await page.locator('textarea[name$=".reason"]').all()) if (await reason.isVisible()) await reason.fill('We are not the landlord.')
  await page.getByRole('button', { name: 'Send this answer' }).click()
  assert.match(await mainText(page), /Your answer has been taken/)
  await context.close()
}

// A contact as a worker writes it down: the family of the demo's first
// scenario, nobody of whom is real.
import { choose, fillDate } from './browser.mjs'

export const child = { given: 'Rowan', family: 'Tessel', nhs: '9990100004', upn: 'K000260100101', street: "14 Tanner's Court", city: 'Alderbrook', postcode: 'FE1 4TC' }
export const mother = { given: 'Leanne', family: 'Tessel', nhs: '9990100012' }
export const narrative = 'Rowan was tearful on Monday and said that she did not want to go home.'

const day = 24 * 60 * 60 * 1000

/** Three fields of a date that many days ago. */
export function daysAgo (days) {
  const d = new Date(Date.now() - days * day)
  return [d.getDate(), d.getMonth() + 1, d.getFullYear()]
}

/** Fills the whole form for a contact about the child and her mother, and does not send it. */
export async function writeContact (page, { restricted = 'no', originator = 'schools/999001' } = {}) {
  await choose(page, 'family_informed.answer', 'yes')
  await choose(page, 'originator.kind', 'school')
  await page.selectOption('[name="originator.party"]', originator)
  await page.fill('[name="originator.name"]', 'Designated safeguarding lead')
  await page.fill('[name="narrative"]', narrative)
  await choose(page, 'evidence', 'yes')
  await writePerson(page, 0, child)
  await fillDate(page, 'people[0].born', 3, 5, 2016)
  await page.selectOption('[name="people[0].gender"]', { label: 'Female' })
  await page.fill('[name="people[0].line1"]', child.street)
  await page.fill('[name="people[0].city"]', child.city)
  await page.fill('[name="people[0].postcode"]', child.postcode)
  await page.fill('[name="people[0].upn"]', child.upn)
  await page.getByRole('button', { name: 'Add another person' }).click()
  await choose(page, 'people[1].role', 'household')
  await page.fill('[name="people[1].relation"]', 'mother')
  await page.fill('[name="people[1].reason"]', 'Has care of the child')
  await writePerson(page, 1, mother)
  await fillDate(page, 'people[1].born', 21, 8, 1993)
  await choose(page, 'rag', 'amber')
  await choose(page, 'level', '3')
  await choose(page, 'purpose', 's17')
  await choose(page, 'basis', 'given')
  await choose(page, 'basis.given_by', 'parent')
  await page.fill('[name="basis.told"]', 'Leaflet FS-2')
  await fillDate(page, 'basis.given_at', ...daysAgo(2))
  await choose(page, 'restricted', restricted)
}

async function writePerson (page, i, person) {
  for (const field of ['given', 'family', 'nhs']) await page.fill(`[name="people[${i}].${field}"]`, person[field])
}

/** Asks each party about the people and for the categories given; by the party's name on the form. */
export async function ask (page, questions) {
  await fillDate(page, 'from', 3, 5, 2016)
  for (const { party, people, categories } of questions) {
    const group = page.getByRole('group', { name: party }).first()
    const name = await group.locator('input[value="ask"]').getAttribute('name')
    const at = name.replace('.choice', '')
    await choose(page, name, 'ask')
    for (const p of people) await choose(page, `${at}.persons`, p)
    for (const c of categories) await choose(page, `${at}.categories`, c)
  }
  await page.getByRole('button', { name: 'Send the questions' }).click()
}

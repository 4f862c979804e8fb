/** The Messages tab: filters, paging, details, and messages that appear while one looks. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { inaccessible, launch, open, overflow, settled, shoot, widths, type Browser } from './browser'
import { ingest } from './env'
import { postTexts } from './webhook'

/** From posting the webhook to the row on the page. */
const LIVE_WITHIN_MS = 3000

const target = ingest()
const desktop = widths[0]
const phone = widths[1]
let browser: Browser

beforeAll(async () => {
  browser = await launch(desktop)
  if (target === null) console.warn('skipped: no webhook is posted without PARLANCE_INGEST_URL')
  else
    await postTexts(target, ['Hello! Is the red one in stock?', 'أين طلبي؟ لم يصل شيء حتى الآن!', 'Danke 🙏'])
})
afterAll(() => browser.close())

test.skipIf(target === null)('a signed webhook is a row within three seconds', async () => {
  if (target === null) return
  const { page, faults } = await open(browser, '/messages')
  await page.waitForSelector('[data-testid=connection][data-state=live]')
  await settled(page)
  const words = `Still no parcel 📦 ${randomUUID()}`
  const before = Date.now()
  const [sent] = await postTexts(target, [words])
  const row = page.locator(`[data-message-id="${sent?.id ?? ''}"]`)
  await row.waitFor({ timeout: 10_000 })
  const took = Date.now() - before
  console.log(`live after ${took} ms`)
  expect(took).toBeLessThan(LIVE_WITHIN_MS)
  expect(await row.innerText()).toContain(words)
  expect(await row.count()).toBe(1)
  await page.waitForTimeout(500)
  await shoot(page, 'messages-live', false)
  expect(faults).toEqual([])
  await page.close()
})

test.skipIf(target === null)(
  'a live message that the filters exclude stays out, one they include comes in',
  async () => {
    if (target === null) return
    const mark = randomUUID()
    const { page } = await open(browser, `/messages?q=${mark}`)
    await page.waitForSelector('[data-testid=connection][data-state=live]')
    await settled(page)
    expect(await page.locator('a[data-row]').count()).toBe(0)
    const [outside] = await postTexts(target, ['nothing to see here'])
    const [inside] = await postTexts(target, [`look here ${mark}`])
    await page.locator(`[data-message-id="${inside?.id ?? ''}"]`).waitFor({ timeout: LIVE_WITHIN_MS })
    expect(await page.locator(`[data-message-id="${outside?.id ?? ''}"]`).count()).toBe(0)
    await page.close()
  },
)

test('filters change the list and the address, and the address brings them back', async () => {
  const { page, faults } = await open(browser, '/messages')
  await settled(page)
  await page
    .getByRole('group', { name: 'Direction' })
    .getByRole('button', { name: 'In', exact: true })
    .click()
  await page.waitForURL('**/messages?direction=inbound')
  await page.locator('#filters').getByRole('button', { name: 'Urgency' }).click()
  await page.getByRole('checkbox', { name: 'Low' }).check()
  await page.waitForURL('**direction=inbound&urgency=low')
  await shoot(page, 'messages-filter-open', false)
  await page.keyboard.press('Escape')
  expect(await page.getByRole('checkbox').count()).toBe(0)
  await page.reload()
  await settled(page)
  await page.waitForFunction(() => document.querySelector('a[data-row], main') !== null)
  expect(await page.locator('a[data-direction=outbound]').count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Urgency: Low' }).count()).toBe(1)
  await page.getByRole('button', { name: 'Clear all' }).click()
  await page.waitForURL('**/messages')
  expect(faults).toEqual([])
  await page.close()
})

test('a search that nothing passes says so', async () => {
  const { page } = await open(browser, '/messages')
  await settled(page)
  await page.getByRole('searchbox').fill(`nobody wrote this ${randomUUID()}`)
  await page.getByText('No message passes these filters').waitFor()
  await shoot(page, 'messages-empty', false)
  await page.close()
})

test('the end of the list brings older messages, none twice', async () => {
  const { page } = await open(browser, '/messages')
  await settled(page)
  const ids = () =>
    page.locator('a[data-row]').evaluateAll((rows) => rows.map((row) => row.getAttribute('href')))
  const first = (await ids()).length
  await page.evaluate(() => {
    window.scrollTo(0, document.body.scrollHeight)
  })
  await page.waitForFunction(
    (before) =>
      document.querySelectorAll('a[data-row]').length > before ||
      document.body.innerText.includes('That is all of them'),
    first,
  )
  const all = await ids()
  expect(new Set(all).size).toBe(all.length)
  await page.close()
})

test.skipIf(target === null).each([desktop, phone])(
  'a message says why it was labelled so, what is in it, and what to answer at $name',
  async (size) => {
    if (target === null) return
    const sent = await postTexts(target, [
      `hi, where is my parcel? order #48213, I paid $45 and it should have been here by Friday ${size.name}`,
    ])
    const own = await launch(size)
    const { page, faults } = await open(own, `/messages?q=${encodeURIComponent(`Friday ${size.name}`)}`)
    const row = page.locator(`a[data-message-id="${sent[0]?.id ?? ''}"]`)
    await row.waitFor({ timeout: 20_000 })
    await row.click()
    const drawer = page.getByRole('complementary', { name: 'Message details' })
    const found = drawer.getByRole('region', { name: 'Found in the text' })
    await found.waitFor()
    expect(await found.innerText()).toContain('48213')
    expect(await found.innerText()).toContain('45 USD')
    expect(await drawer.getByText('because of').count()).toBeGreaterThan(0)
    const answers = drawer.getByRole('region', { name: 'Suggested replies' })
    expect(await answers.innerText()).toContain('48213')
    expect(await overflow(page)).toBe(0)
    await shoot(page, `findings-${size.name}`, false)
    expect(await inaccessible(page)).toEqual([])
    expect(faults).toEqual([])
    await own.close()
  },
)

test.each([desktop, phone])(
  'a message opens beside the list, with its JSON, and closes by key at $name',
  async (size) => {
    const own = await launch(size)
    const { page, faults } = await open(own, '/messages?direction=inbound&type=text')
    await settled(page)
    const row = page.locator('a[data-row]').first()
    const id = await row.getAttribute('data-message-id')
    await row.focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('complementary', { name: 'Message details' })
    await drawer.getByTestId('raw').waitFor()
    expect(await drawer.getByTestId('raw').innerText()).toContain(id ?? 'no id')
    expect(await drawer.getByText('Analysis').count()).toBe(1)
    expect(await overflow(page)).toBe(0)
    await page.waitForTimeout(300)
    await shoot(page, `message-${size.name}`, false)
    expect(await inaccessible(page)).toEqual([])
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-row'))).toBe(true)
    expect(faults).toEqual([])
    await own.close()
  },
)

test('an address of a message that is not there says so', async () => {
  const { page } = await open(browser, '/messages?open=1%2Fwamid.none')
  await page.getByText('There is no such message').waitFor()
  await page.close()
})

/** The drawer of a message whose labels others than the classifiers decided. */
import { expect, test } from 'vitest'

import { inaccessible, launch, open, overflow, settled, shoot, widths } from './browser'
import type { MessageDetail } from '../src/api/types'

const AUTHOR = 'someone.with.a.rather.long.name@customer-care.example.com'

/** A message as it was answered, had people and the business something to say about it. */
function judged(detail: MessageDetail): MessageDetail {
  const before = { language: 'en', intent: 'other', sentiment: 'neutral', urgency: 'low' } as const
  const silent = { language: null, intent: null, sentiment: null, urgency: null }
  return {
    ...detail,
    message: { ...detail.message, intent: 'complaint', sentiment: 'angry', urgency: 'high', language: 'en' },
    signals: [{ task: 'intent', text: 'again', weight: 0.4 }],
    judged: {
      language: { by: 'model', base: 'en' },
      intent: { by: 'person', base: 'other', base_confidence: 0.58 },
      sentiment: { by: 'context', base: 'neutral', base_confidence: 0.61 },
      urgency: { by: 'pattern', base: 'low', base_confidence: 0.7 },
    },
    patterns: ['vip'],
    custom_intents: ['warranty'],
    verdicts: [
      {
        ...silent,
        judge: 'llm',
        author: 'small-model 1',
        given_at: '2026-03-02T10:00:00.000Z',
        intent: 'feedback',
        confidence: 0.8,
        before,
      },
      {
        ...silent,
        judge: 'person',
        author: AUTHOR,
        given_at: '2026-03-02T11:00:00.000Z',
        intent: 'complaint',
        sentiment: 'angry',
        confidence: 1,
        before: { ...before, intent: 'feedback', sentiment: 'angry' },
      },
    ],
  }
}

test.each(widths)('who decided a label and what the text alone says is shown at $name', async (size) => {
  const browser = await launch(size)
  await browser.context.route('**/v1/messages/*/*', async (route) => {
    const response = await route.fetch()
    const detail = (await response.json()) as MessageDetail
    await route.fulfill({ response, json: judged(detail) })
  })
  const { page, faults } = await open(browser, '/messages?direction=inbound&type=text')
  await settled(page)
  await page.locator('a[data-row]').first().click()
  const drawer = page.getByRole('complementary', { name: 'Message details' })
  const analysis = drawer.getByRole('region', { name: 'Analysis' })
  await analysis.waitFor()
  const words = await analysis.innerText()
  expect(words).toContain(`corrected by ${AUTHOR}; the text alone says Other (58\u00a0%)`)
  expect(words).toContain('from the conversation; the text alone says Neutral (61\u00a0%)')
  expect(words).toContain('by the business’s pattern vip; the text alone says Low (70\u00a0%)')
  expect(words).toContain('warranty')
  const verdicts = drawer.getByRole('region', { name: 'Verdicts' }).locator('ol > li')
  expect(await verdicts.count()).toBe(2)
  expect(await verdicts.first().innerText()).toContain('small-model 1')
  expect(await verdicts.last().innerText()).toMatch(/Sentiment\s+Angry\s+as before/)
  expect(await verdicts.last().innerText()).toMatch(/Intent\s+Feedback[\s\S]*Complaint/)
  expect(await overflow(page)).toBe(0)
  // The page cannot scroll sideways and yet the drawer could.
  const wider = await drawer.evaluate((element) =>
    [...element.querySelectorAll('*')]
      .filter((one) => one.scrollWidth > one.clientWidth + 1)
      .map((one) => one.className),
  )
  expect(wider.filter((name) => name !== 'visually-hidden')).toEqual([])
  await page.waitForTimeout(300)
  await shoot(page, `judged-${size.name}`, false)
  expect(await inaccessible(page)).toEqual([])
  expect(faults).toEqual([])
  await browser.close()
})

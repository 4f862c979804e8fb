/** Every tab at both widths, in light and dark: it loads, says nothing wrong, and fits. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { inaccessible, launch, open, overflow, settled, shoot, widths, type Browser } from './browser'

const tabs = ['overview', 'integrations', 'contacts', 'messages', 'templates', 'analytics'] as const

for (const size of widths) {
  describe(`at ${size.name} pixels`, () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launch(size)
    })
    afterAll(() => browser.close())

    test.each(tabs)('%s loads without a fault and without sideways scrolling', async (tab) => {
      const { page, faults } = await open(browser, `/${tab}`)
      await settled(page)
      expect(await page.locator('h1').innerText()).toBe(tab.charAt(0).toUpperCase() + tab.slice(1))
      await page.waitForSelector('[data-testid=connection][data-state=live]')
      await page.waitForTimeout(400)
      expect(await overflow(page)).toBe(0)
      expect(await page.locator('main [role=alert]').count()).toBe(0)
      await shoot(page, `${tab}-${size.name}`, tab !== 'messages')
      expect(await inaccessible(page)).toEqual([])
      expect(faults).toEqual([])
      await page.close()
    })

    test('tabs are real addresses: links change them, back and forward work, reloading stays', async () => {
      const { page, faults } = await open(browser, '/')
      await page.waitForURL('**/overview')
      for (const tab of tabs) {
        await page.getByRole('navigation').getByRole('link', { name: tab, exact: false }).click()
        await page.waitForURL(`**/${tab}`)
        await settled(page)
        expect(await page.title()).toMatch(new RegExp(`^${tab}`, 'i'))
      }
      await page.goBack()
      await page.waitForURL('**/templates')
      await page.reload()
      await settled(page)
      expect(await page.locator('h1').innerText()).toBe('Templates')
      expect(faults).toEqual([])
      await page.close()
    })
  })
}

test.each(widths)('dark at $name pixels', async (size) => {
  const browser = await launch(size, true)
  for (const tab of ['overview', 'messages', 'analytics']) {
    const { page, faults } = await open(browser, `/${tab}`)
    await settled(page)
    await page.waitForTimeout(400)
    const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    expect(background).toBe('rgb(13, 16, 18)')
    await shoot(page, `${tab}-${size.name}-dark`, tab !== 'messages')
    expect(await inaccessible(page)).toEqual([])
    expect(faults).toEqual([])
    await page.close()
  }
  await browser.close()
})

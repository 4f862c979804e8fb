/** A Chromium with a fresh profile, and pages that remember what went wrong on them. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import { chromium, type BrowserContext, type Page } from 'playwright-core'

import { apiUrl, screenshots } from './env'

export const widths = [
  { name: '1440', width: 1440, height: 900 },
  { name: '390', width: 390, height: 844 },
] as const
export type Width = (typeof widths)[number]

export interface Browser {
  context: BrowserContext
  close: () => Promise<void>
}

export async function launch(size: Width, dark = false): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'parlance-e2e-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    timeout: 90_000,
    viewport: { width: size.width, height: size.height },
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-GB',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  return {
    context,
    close: async () => {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}

/** Opens a path; whatever the browser complains about afterwards is in `faults`. */
export async function open(browser: Browser, path: string): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`page: ${error.message}`))
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(new URL(path, apiUrl()).href)
  return { page, faults }
}

/** Nothing is loading any more, and no error is shown in place of content. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector('h1')
  await page.waitForFunction(() => document.querySelector('[role=status][aria-label=Loading]') === null)
}

/** How many pixels the page is wider than the window; 0 is right. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
}

/** Rules of WCAG 2.2 A and AA that the page breaks, by axe; contrast is among them. */
export async function inaccessible(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: engine } = window as unknown as { axe: typeof axe }
    const { violations, passes } = await engine.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    if (passes.length < 10) throw new Error('axe looked at nothing')
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`),
    )
  })
}

export async function shoot(page: Page, name: string, fullPage = true): Promise<void> {
  const folder = screenshots()
  if (folder === null) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage })
}

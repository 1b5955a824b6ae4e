import { readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EpochRecord } from '../../training/index.ts';
import type { Opened } from '../../web/playground/run/messages.ts';
import { CHROMIUM, LONGEST_WAIT_MS, launchChromium } from '../browser/chromium.ts';
import { openSite, type Site, watch } from './site.ts';

/** Bits that tests of the playground in Chromium need. */

let site: Site;
let browser: Browser;

/** The folder of the site that is built. */
export const siteFolder = (): string => site.folder;

/**
 * A suite of tests of the page, which are skipped where there is no Chromium.
 * @returns what adds a test, and what runs them all
 */
export function pageTests(name: string) {
  const test = suite(name);
  test.before(async () => {
    if (CHROMIUM) [site, browser] = await Promise.all([openSite(), launchChromium()]);
  });
  test.after(async () => {
    await browser?.close();
    site?.close();
  });
  return {
    when(what: string, use: () => Promise<void>): void {
      if (CHROMIUM) return void test(what, use);
      console.log(`skipped, ${what}: there is no Chromium here (Debian: chromium)`);
      test.skip(what);
    },
    run: () => test.run(),
  };
}

/** What the page hands out as a file. */
export interface Saved {
  readonly runs: readonly (Pick<Opened, 'condition' | 'backend' | 'start'> & {
    readonly state: string;
    readonly problem: string | null;
    readonly looks: readonly {
      readonly examples: number;
      readonly testScore: number;
      readonly epoch: EpochRecord | null;
      readonly states: string | null;
    }[];
  })[];
}

/** A page with a duel, which must have nothing to complain of when it is closed. */
export async function withPage(
  address: string,
  use: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(LONGEST_WAIT_MS);
    const complaints = watch(page, site);
    await page.goto(site.url + address);
    await use(page);
    assert.equal(complaints, []);
  } finally {
    await context.close();
  }
}

export const ended = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    "[...document.querySelectorAll('tbody tr')].every((row) => ['finished', 'failed'].includes(row.dataset.state))",
  );

/** Every network was looked at. */
export const looked = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    "[...document.querySelectorAll('tbody td:nth-child(2)')].every((cell) => cell.textContent.includes('%'))",
  );

export async function savedBy(page: Page): Promise<Saved> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save numbers' }).click(),
  ]);
  return JSON.parse(readFileSync(await download.path(), 'utf8'));
}

/** What runs came to, without what they took. */
export const numbersOf = ({ runs }: Saved) =>
  runs.map(({ looks, ...rest }) => ({
    ...rest,
    looks: looks.map(({ epoch, ...look }) => ({
      ...look,
      epoch: epoch && { ...epoch, seconds: 0, evaluationSeconds: 0, examplesPerSecond: 0 },
    })),
  }));

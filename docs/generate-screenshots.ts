/**
 * Takes the pictures of the pages in docs/figures/, in the Chromium of this machine, of runs that it trains first, in some minutes:
 *
 *     npm run docs:screenshots
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { serveDashboard } from '../cli/serve/server.ts';
import { compare } from '../experiments/index.ts';

const CHROMIUM = '/usr/bin/chromium';
const picture = (name: string): string => fileURLToPath(new URL(`figures/${name}`, import.meta.url));

/** Four rules with five seeds each, and what the page says of them when they have ended. */
async function dashboard(browser: Browser): Promise<void> {
  const runs = mkdtempSync(join(tmpdir(), 'dendrite-screenshots-'));
  const { runs: trained } = await compare({
    rules: ['backprop', 'feedback-alignment', 'direct-feedback-alignment', 'sign-symmetry'],
    seeds: [1, 2, 3, 4, 5],
    settings: { layers: [784, 100, 10], epochs: 8 },
    diagnostics: ['angle'],
    device: { device: 'cpu', blas: 'none' },
    checkpoint: 'none',
    out: runs,
  });
  const { url, close } = await serveDashboard(runs, 0);
  try {
    const page = await browser.newPage({ viewport: { width: 1120, height: 860 }, colorScheme: 'light' });
    await page.goto(`${url}?comparison=${basename(dirname(trained[0]!.folder))}&sort=score`);
    await page.locator('.figure svg').waitFor();
    await page.screenshot({ path: picture('dashboard.png') });
  } finally {
    await close();
    rmSync(runs, { recursive: true });
  }
}

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  await dashboard(browser);
} finally {
  await browser.close();
}

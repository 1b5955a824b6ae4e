/**
 * Takes the pictures of the pages in docs/figures/, with the Chromium of this machine and the pages that were built, in some minutes:
 *
 *     npm run docs:screenshots
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { serveDashboard } from '../cli/serve/server.ts';
import { compare } from '../experiments/index.ts';
import { CHROMIUM, launchChromium } from '../test/browser/chromium.ts';
import { openSite } from '../test/web/site.ts';

const picture = (name: string): string => fileURLToPath(new URL(`figures/${name}`, import.meta.url));

/** Three rules that have trained for five epochs. */
async function playground(browser: Browser): Promise<void> {
  const site = await openSite();
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1010 }, colorScheme: 'light' });
    page.setDefaultTimeout(300_000);
    await page.goto(
      `${site.url}#rules=backprop,feedback-alignment,equilibrium-propagation&hidden=100&epochs=5&seed=1&kernels=exact&speed=full`,
    );
    await page.waitForFunction(
      "[...document.querySelectorAll('tbody tr')].every((row) => row.dataset.state === 'finished')",
    );
    // Answers and plots are drawn a little later.
    await page.waitForTimeout(1000);
    await page.screenshot({ path: picture('playground.png') });
  } finally {
    site.close();
  }
}

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

if (!CHROMIUM) {
  process.stderr.write('docs:screenshots needs Chromium (Debian: chromium), and there is none here\n');
  process.exit(1);
}
const browser = await launchChromium();
try {
  await playground(browser);
  await dashboard(browser);
} finally {
  await browser.close();
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeReport } from '../../experiments/index.ts';
import { condition, experiment } from '../results/example.ts';
import { HOSTILE, measured, seedsOf } from '../results/figures/example.ts';
import { storeComparison } from '../results/stored-comparison.ts';
import { CHROMIUM, LONGEST_WAIT_MS, launchChromium } from './chromium.ts';

const test = suite('report in a browser');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-report-browser-'));
test.after(() => rmSync(folder, { recursive: true }));

/** A report with long and hostile names, and figures. */
async function storeReport(): Promise<string> {
  const runs = ['backprop', 'feedback-alignment'].flatMap((rule) =>
    seedsOf(rule, [
      [9, 5.1],
      [8, 5.3],
      [8, 5],
    ]),
  );
  const angles = () => ({ angle: { 'input to hidden 1': 60 }, 'feedback-angle': { feedback: 70 } });
  const comparison = storeComparison(join(folder, 'comparison'), measured(runs, angles), {
    conditions: [
      { ...condition('backprop'), label: HOSTILE },
      { ...condition('feedback-alignment'), options: { long: 'a-name-without-any-space'.repeat(20) } },
    ],
    experiment: { ...experiment, note: `${HOSTILE}<style>body { display: none }</style>` },
  });
  return pathToFileURL(await writeReport(comparison)).href;
}

/** What the page asked for, and what it complained of. */
function watch(page: Page): { readonly requests: string[]; readonly complaints: string[] } {
  const [requests, complaints]: [string[], string[]] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return { requests, complaints };
}

async function lookAt(browser: Browser, url: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  page.setDefaultTimeout(LONGEST_WAIT_MS);
  const { requests, complaints } = watch(page);
  await page.goto(url);
  assert.equal(requests, [url]);
  assert.equal(complaints, []);
  const measure = (script: string): Promise<unknown> => page.evaluate(script);
  assert.is(await measure('document.documentElement.scrollWidth'), 360, 'the page does not scroll sideways');
  assert.is(await measure('document.querySelectorAll("figure > svg").length'), 4);
  assert.is(await measure('document.querySelectorAll("script").length'), 0);
  assert.is(
    await measure('getComputedStyle(document.querySelector("thead th")).fontWeight'),
    '600',
    'styled',
  );
  await page.click('#scores tbody tr:nth-child(2) th a');
  assert.is(page.url(), `${url}#runs-feedback-alignment`);
  // On paper all columns of a table are within the page.
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 688, height: 1000 });
  assert.is(await measure('document.documentElement.scrollWidth'), 688, 'nothing is cut off on paper');
}

const title = 'a report opens from disk, asks for nothing else, and fits a phone and a sheet of paper';
if (!CHROMIUM) {
  console.log(`skipped, ${title}: there is no Chromium here (Debian: chromium)`);
  test.skip(title);
} else
  test(title, async () => {
    const [browser, url] = await Promise.all([launchChromium(), storeReport()]);
    try {
      await lookAt(browser, url);
    } finally {
      await browser.close();
    }
  });

test.run();

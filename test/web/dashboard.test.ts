import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { build } from 'vite';
import { type Dashboard, serveDashboard } from '../../cli/serve/server.ts';
import { webFiles } from '../../cli/serve/web-files.ts';
import { lockFolder } from '../../results/index.ts';
import { CHROMIUM, LONGEST_WAIT_MS, launchChromium } from '../browser/chromium.ts';
import { ROOT } from '../cli/dendrite.ts';
import { condition, epochRecord, run } from '../results/example.ts';
import { HOSTILE, measured } from '../results/figures/example.ts';
import { storeComparison } from '../results/stored-comparison.ts';

/** The dashboard in Chromium, on made-up runs. */
const test = suite('dashboard');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-dashboard-'));
const root = join(folder, 'runs');
let dashboard: Dashboard;
let browser: Browser;

const RULES = ['backprop', 'feedback-alignment'] as const;
/** Errors that tell the runs apart: 5.01 is that of the first seed of the first rule. */
const runsOf = (id: string, place: number) =>
  [1, 2, 3].map((seed) => run(id, seed, [9, 5 + place + (seed * (1 + place)) / 100]));
const angles = () => ({ angle: { 'input to hidden 1': 60, 'hidden 1 to output': 45 } });

/** Compares both rules with two learning rates. */
function storeGrid(at: string): string {
  const conditions = RULES.flatMap((rule) =>
    [0.1, 0.5].map((rate) => ({
      ...condition(rule, { learningRate: [rate] }, `${rule}-${String(rate).replace('.', '-')}`),
      label: `${rule} learning rate ${rate}`,
    })),
  );
  const runs = conditions.flatMap(({ id, rule }, place) =>
    runsOf(id, place).map((one) => ({ ...one, rule })),
  );
  return storeComparison(at, measured(runs, angles), { conditions, given: { title: 'A grid of two rules' } });
}

test.before(async () => {
  if (!CHROMIUM) return;
  await build({
    configFile: join(ROOT, 'web/vite.config.ts'),
    logLevel: 'error',
    build: { outDir: join(folder, 'web') },
  });
  storeGrid(join(root, 'grid'));
  storeComparison(join(root, 'live'), [
    ...[1, 2].map((seed) => run('backprop', seed, [8, 5])),
    run('backprop', 3, [8], { status: 'unfinished' }),
  ]);
  storeComparison(
    join(root, 'hostile'),
    [run('backprop', 1, [8, 5], { status: 'failed', reason: HOSTILE })],
    {
      conditions: [
        { ...condition('backprop'), label: HOSTILE, recipe: '<img src=x onerror=alert(1)>' },
        condition('feedback-alignment'),
      ],
      given: { title: '<b>bold</b><script>alert(2)</script>' },
    },
  );
  dashboard = await serveDashboard(root, 0, webFiles(join(folder, 'web')));
  browser = await launchChromium();
});
test.after(async () => {
  await browser?.close();
  await dashboard?.close();
  rmSync(folder, { recursive: true });
});

/** Opens a page and looks at it; it must have nothing to complain of, and ask nobody else. */
async function looked(
  search: string,
  look: (page: Page) => Promise<void>,
  { width = 1024, expected }: { width?: number; expected?: RegExp } = {},
): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, reducedMotion: 'reduce' });
  page.setDefaultTimeout(LONGEST_WAIT_MS);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (!expected?.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(dashboard.url) && !request.url().startsWith('data:'))
      complaints.push(`asked for ${request.url()}`);
  });
  try {
    await page.goto(dashboard.url + search);
    await page.locator('h1').first().waitFor();
    await look(page);
    assert.equal(complaints, []);
  } finally {
    await page.close();
  }
}

const textsOf = (page: Page, selector: string): Promise<string[]> => page.locator(selector).allTextContents();

function inChromium(title: string, body: () => Promise<void>): void {
  if (CHROMIUM) test(title, body);
  else {
    console.log(`skipped, ${title}: there is no Chromium here (Debian: chromium)`);
    test.skip(title);
  }
}

inChromium('the list leads to a comparison, and back', async () => {
  await looked('', async (page) => {
    assert.equal(await textsOf(page, 'tbody th a'), ['grid', 'hostile', 'live']);
    await page.click('tbody th a');
    await page.locator('.figure svg').waitFor();
    assert.is(await page.textContent('h1'), 'A grid of two rules');
    assert.equal((await textsOf(page, '.legend li')).length, 4);
    await page.goBack();
    await page.locator('tbody th a').nth(2).waitFor();
  });
});

inChromium('the table has the statistics of the report', async () => {
  await looked('?comparison=grid', async (page) => {
    await page.locator('tbody tr').first().waitFor();
    const [first, second] = await page.locator('tbody tr').all();
    // Student's t with 2 degrees of freedom: 4.303 × 0.01 / √3.
    assert.match((await first!.textContent())!, '5.02 ± 0.01[5.00, 5.04]');
    assert.match((await second!.textContent())!, '6.04 ± 0.02');
    assert.match((await second!.textContent())!, /\+1\.02 \[\+[\d.]+, \+[\d.]+\].*worse/);
  });
});

inChromium('a new epoch of a running comparison appears, and so does its end', async () => {
  const at = join(root, 'live');
  const lock = await lockFolder(at);
  await looked('?comparison=live&table=runs', async (page) => {
    const row = page.locator('tbody tr', { hasText: 'seed 3' });
    await row.locator('.running').waitFor();
    await page.locator('.standing', { hasText: 'left, until about' }).waitFor();
    appendFileSync(join(at, 'backprop-seed-3', 'metrics.jsonl'), `${JSON.stringify(epochRecord(2, 4.75))}\n`);
    await row.locator('td', { hasText: '4.75' }).first().waitFor();
    await page.locator('.standing', { hasText: '2 of 6 runs' }).waitFor();
    writeFileSync(
      join(at, 'backprop-seed-3', 'status.json'),
      JSON.stringify({ status: 'finished', finishedAt: '2026-01-01T00:00:00.000Z' }),
    );
    await row.locator('.finished').waitFor();
    await page.click('.tabs button:first-of-type');
    await page.locator('tbody tr:first-child td', { hasText: '4.92 ± 0.14' }).first().waitFor();
  });
  lock.release();
});

inChromium('the address restores the view', async () => {
  let address = '';
  await looked('?comparison=grid', async (page) => {
    await page.selectOption('.controls select >> nth=0', 'rule');
    await page.selectOption('.controls select >> nth=1', 'seconds');
    await page.selectOption('.controls select >> nth=2', 'angle/input to hidden 1');
    await page.click('summary');
    await page.getByLabel('0.1', { exact: true }).check();
    await page.getByLabel('finished', { exact: true }).check();
    await page.fill('.filters input[type=search]', 'feedback');
    await page.click('.tabs button:last-of-type');
    await page.locator('thead button', { hasText: 'Test error' }).click();
    await page.locator('thead button', { hasText: 'Test error' }).click();
    assert.equal(
      await textsOf(page, 'tbody th'),
      [3, 2, 1].map((seed) => `feedback-alignment learning rate 0.1, seed ${seed}`),
    );
    address = new URL(page.url()).search;
  });
  await looked(address, async (page) => {
    await page.locator('tbody tr').first().waitFor();
    assert.equal(
      await textsOf(page, 'tbody th'),
      [3, 2, 1].map((seed) => `feedback-alignment learning rate 0.1, seed ${seed}`),
    );
    assert.equal(await textsOf(page, '.legend li'), ['feedback-alignment']);
    assert.match(
      (await page.getAttribute('.curves [role=img]', 'aria-label'))!,
      /^angle: input to hidden 1 by time spent training/,
    );
    assert.is(await page.inputValue('.filters input[type=search]'), 'feedback');
    assert.is(await page.getAttribute('thead th:nth-child(3)', 'aria-sort'), 'descending');
    await page.click('summary');
    assert.ok(await page.getByLabel('0.1', { exact: true }).isChecked());
    await page.getByText('Show all').click();
    assert.is(await page.locator('tbody tr').count(), 12);
  });
});

inChromium('two comparisons stand side by side, on the same axes', async () => {
  await looked(
    '?comparison=grid',
    async (page) => {
      await page.selectOption('.controls select >> nth=3', 'live');
      await page.locator('.beside section.comparison .figure svg').nth(1).waitFor();
      const [left, right] = await Promise.all(
        [0, 1].map((place) =>
          textsOf(
            page,
            `section.comparison:nth-child(${place + 1}) .figure svg [aria-label="y-axis tick label"] text`,
          ),
        ),
      );
      assert.ok(left!.length > 2);
      assert.equal(left, right);
      assert.match(page.url(), 'beside=live');
    },
    { width: 1400 },
  );
});

inChromium('a run has a page of its own', async () => {
  await looked('?comparison=grid&table=runs', async (page) => {
    await page.locator('tbody th a').first().click();
    await page.locator('dt', { hasText: 'Learning rate' }).waitFor();
    assert.match(page.url(), 'run=backprop-0-1-seed-1');
    assert.equal(await textsOf(page, 'section h2'), [
      'Test error',
      'Loss',
      'Angle',
      'Configuration',
      'Provenance',
    ]);
    await page.locator('.figure svg').nth(2).waitFor();
    assert.match((await page.textContent('main'))!, 'Confusion matrix: no checkpoints were written');
    await page.locator('.trail a').nth(1).click();
    await page.locator('.tabs').waitFor();
  });
});

inChromium('markup in names and reasons is text', async () => {
  for (const search of [
    '',
    '?comparison=hostile',
    '?comparison=hostile&table=runs',
    '?comparison=hostile&run=backprop-seed-1',
  ])
    await looked(search, async (page) => {
      await page.locator('tbody tr, dl').first().waitFor();
      assert.is(await page.locator('script').count(), 1, search);
      assert.is(await page.locator('main img, main b').count(), 0, search);
    });
  await looked('?comparison=hostile&table=runs', async (page) => {
    assert.match((await page.textContent('tbody'))!, HOSTILE);
    assert.is(await page.textContent('h1'), '<b>bold</b><script>alert(2)</script>');
    assert.match((await textsOf(page, '.legend li'))[0]!, '<script>');
  });
  const unknown = `?comparison=${encodeURIComponent('<img src=x onerror=alert(3)>')}`;
  await looked(
    unknown,
    async (page) => {
      await page.getByText('there is no such comparison').waitFor();
      assert.is(await page.locator('main img').count(), 0);
    },
    // Chromium writes every answer with such a status to the console.
    { expected: /status of 404/ },
  );
});

inChromium('the keyboard is enough', async () => {
  await looked('?comparison=grid', async (page) => {
    await page.locator('.figure svg').waitFor();
    const focused = () => page.evaluate<string>(`document.activeElement.textContent.trim()`);
    const tabTo = async (text: string): Promise<void> => {
      for (let i = 0; i < 40 && (await focused()) !== text; i++) await page.keyboard.press('Tab');
      assert.is(await focused(), text);
    };
    await tabTo('Filters');
    await page.keyboard.press('Enter');
    await page.locator('details[open]').waitFor();
    await tabTo('Runs (12)');
    await page.keyboard.press('Space');
    await tabTo('Test error, %');
    await page.keyboard.press('Enter');
    assert.is(await page.getAttribute('thead th:nth-child(3)', 'aria-sort'), 'ascending');
    await tabTo('backprop learning rate 0.1, seed 1');
    await page.keyboard.press('Enter');
    await page.locator('dl').first().waitFor();
    assert.match(page.url(), 'run=');
  });
});

/** What axe-core finds that keeps people from using a page. */
async function seriousIn(page: Page): Promise<string[]> {
  // The page's policy lets no script in that a test would add; what the debugger evaluates is not subject to it.
  await page.evaluate(readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate<{ id: string; impact: string; targets: string[] }[]>(`
    axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) =>
      ({ id, impact, targets: nodes.map(({ target }) => target.join(' ')) })))`);
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, targets }) => `${id}: ${targets.join(', ')}`);
}

for (const search of [
  '',
  '?comparison=grid',
  '?comparison=grid&table=runs&beside=live',
  '?comparison=grid&run=backprop-0-1-seed-1',
])
  inChromium(`axe-core finds nothing serious, and nothing is wider than the page: ./${search}`, async () => {
    await looked(search, async (page) => {
      await page
        .locator(search === '' ? 'tbody tr' : '.figure svg')
        .first()
        .waitFor();
      for (const width of [360, 1920])
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 800 });
          await page.emulateMedia({ colorScheme });
          assert.equal(await seriousIn(page), [], `${width} ${colorScheme}`);
          assert.is(await page.evaluate('document.documentElement.scrollWidth'), width, colorScheme);
        }
    });
  });

test.run();

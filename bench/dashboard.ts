/**
 * Measures the dashboard with a folder of 2,000 runs, in Chromium: how long the first reading takes, the first paint, and each
 * interaction from the input to the next frame.
 *
 *     npm run bench:dashboard
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { type MadeFolder, makeFolder } from './dashboard-folder.ts';

const CHROMIUM = '/usr/bin/chromium';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Of each interaction. */
const TIMES = 5;

/** What a reader does, and how often it is measured: each leaves the page as it was after an even number of times. */
const INTERACTIONS: readonly (readonly [
  what: string,
  act: (page: Page, time: number) => Promise<unknown>,
])[] = [
  ['sort the table', (page) => page.click('thead th:nth-child(4) button')],
  ['the runs', (page) => page.click('.tabs button:nth-of-type(2)')],
  ['sort the runs', (page) => page.click('thead th:nth-child(3) button')],
  ['next page of the runs', (page) => page.click('.pages button:last-child')],
  ['the conditions', (page) => page.click('.tabs button:nth-of-type(1)')],
  ['type a letter', (page) => page.press('.filters input[type=search]', 'b')],
  ['take it back', (page) => page.press('.filters input[type=search]', 'Backspace')],
  // By a key: Event Timing has nothing of a selection that a script makes.
  [
    'group by another axis',
    (page, time) => page.press('.controls select', time % 2 ? 'ArrowUp' : 'ArrowDown'),
  ],
];

const folder = mkdtempSync(join(tmpdir(), 'dendrite-bench-dashboard-'));
try {
  console.log('writing 2,000 runs');
  const made = makeFolder(folder);
  const server = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'serve', folder, '--port', '0'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await measure(made, await addressOf(server));
  } finally {
    server.kill('SIGINT');
  }
} finally {
  rmSync(folder, { recursive: true });
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.stdout!.setEncoding('utf8').on('data', (text: string) => resolve(/http:\S+/.exec(text)![0]));
    server.on('close', (code) => reject(new Error(`the server ended with code ${code}`)));
  });
}

async function measure({ name, addEpoch }: MadeFolder, url: string): Promise<void> {
  await timed('first reading of 2,000 runs, by the server', () => fetch(new URL('api/comparisons', url)));
  await timed('the comparison as JSON', async () =>
    (await fetch(new URL(`api/comparison?id=${name}`, url))).text(),
  );
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const address = new URL(`?comparison=${name}`, url).href;
    // The first visit compiles the page's code.
    for (const visit of ['first visit', 'second visit']) {
      const begun = performance.now();
      await page.goto(address);
      await page.waitForSelector('.figure svg');
      const drawn = performance.now() - begun;
      const paint = await page.evaluate<number>(
        `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
      );
      report(`${visit}: first paint`, paint);
      report(`${visit}: curves and table are there`, drawn);
    }
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    for (const [what, act] of INTERACTIONS) await measureInteraction(page, session, what, act);
    // The run that has not ended has the fewest epochs.
    await page.goto(`${address}&table=runs&sort=epochs`);
    const epochs = page.locator('tbody tr:first-child td:nth-child(5)');
    const shown = (epoch: number) => epochs.filter({ hasText: new RegExp(`^${epoch}$`) }).waitFor();
    await shown(1);
    await timed('a new epoch is on the page', () => shown(addEpoch().epoch));
  } finally {
    await browser.close();
  }
}

/**
 * From the input to the next frame, the slowest of some times, as the browser's Event Timing has it, in steps of 8 ms; and what the
 * page's thread computed for one, which does not depend on what else the machine does.
 */
async function measureInteraction(
  page: Page,
  session: CDPSession,
  what: string,
  act: (page: Page, time: number) => Promise<unknown>,
): Promise<void> {
  await page.evaluate(`
    window.slowest = 0;
    window.observer?.disconnect();
    window.observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.slowest = Math.max(window.slowest, duration);
    });
    window.observer.observe({ type: 'event', durationThreshold: 16 });`);
  const before = await computed(session);
  for (let i = 0; i < TIMES; i++) {
    await act(page, i);
    await page.waitForTimeout(400);
  }
  const spent = (await computed(session)) - before;
  report(what, await page.evaluate<number>('window.slowest'), spent / TIMES);
}

/** Milliseconds that the page's thread has computed so far, counted from when the session was told to. */
async function computed(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const begun = performance.now();
  await work();
  report(what, performance.now() - begun);
}

function report(what: string, ms: number, computing?: number): void {
  const own = computing === undefined ? '' : `  ${String(Math.round(computing)).padStart(6)} ms computed`;
  console.log(`${what.padEnd(46)} ${String(Math.round(ms)).padStart(6)} ms${own}`);
}

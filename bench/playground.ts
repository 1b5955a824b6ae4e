/**
 * Measures the playground in Chromium: how long it takes on a first visit until a network learns, and the longest tasks of the page's
 * thread while four rules train. A task is told by the clock and by what it computed: the difference is time in which the thread
 * waited for a core, of which the workers use as many as there are rules.
 *
 *     npm run build:web && npm run bench:playground
 */
import { fileURLToPath } from 'node:url';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { preview } from 'vite';

const CHROMIUM = '/usr/bin/chromium';
const RULES = 'backprop,feedback-alignment,equilibrium-propagation,segregated-dendrite';
const SECONDS = 20;
/** Milliseconds of a task, above which a frame is late. */
const LATE = 50;

/** What Chromium says of a task of a thread; times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** Of the thread's own time. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

const server = await preview({
  configFile: fileURLToPath(new URL('../web/vite.config.ts', import.meta.url)),
  preview: { host: '127.0.0.1', port: 0 },
});
try {
  const address = server.resolvedUrls!.local[0]!;
  await inBrowser(async (page) =>
    report('first visit: until a network has learned', await untilLearned(page, address)),
  );
  await inBrowser((page) => measureTraining(page, new URL(`#rules=${RULES}`, address).href));
} finally {
  await server.close();
}

/** Of a browser of its own, which has nothing in its caches. */
async function inBrowser(measure: (page: Page) => Promise<void>): Promise<void> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  });
  try {
    await measure(await browser.newPage({ viewport: { width: 1280, height: 900 } }));
  } finally {
    await browser.close();
  }
}

/** @returns milliseconds until a network has learned from an example */
async function untilLearned(page: Page, address: string): Promise<number> {
  const begun = performance.now();
  await page.goto(address);
  await page.waitForFunction(
    `[...document.querySelectorAll('td')].some((cell) => /^[1-9][\\d,]*$/.test(cell.textContent))`,
  );
  return performance.now() - begun;
}

async function measureTraining(page: Page, address: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const loading = await startTrace(session);
  report('four rules: until one of them has learned', await untilLearned(page, address));
  reportTasks('while they load', await loading());
  const training = await startTrace(session);
  await page.waitForTimeout(1000 * SECONDS);
  reportTasks(`${SECONDS} s of training`, await training());
}

/** @returns what ends it and gives what was traced */
async function startTrace(session: CDPSession): Promise<() => Promise<TraceEvent[]>> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }) => void events.push(...(value as TraceEvent[]));
  session.on('Tracing.dataCollected', collect);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', '__metadata'] },
  });
  return async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    session.off('Tracing.dataCollected', collect);
    return events;
  };
}

/** Of the threads of pages: all but one of them belong to Chromium's own, which do nothing. */
function reportTasks(when: string, events: readonly TraceEvent[]): void {
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const pages = new Set(
    events.filter(({ args }) => args.name === 'CrRendererMain').map((event) => threadOf(event)),
  );
  const tasks = events.filter(
    (event) => event.ph === 'X' && event.name.endsWith('RunTask') && pages.has(threadOf(event)),
  );
  for (const [how, length] of [
    ['by the clock', ({ dur = 0 }: TraceEvent) => dur / 1000],
    ['computing', ({ tdur = 0 }: TraceEvent) => tdur / 1000],
  ] as const) {
    const lengths = tasks.map(length);
    const late = lengths.filter((ms) => ms > LATE).length;
    report(`${when}: longest task ${how}`, Math.max(0, ...lengths), `, ${late} above ${LATE} ms`);
  }
}

function report(what: string, ms: number, more = ''): void {
  console.log(`${what.padEnd(46)} ${String(Math.round(ms)).padStart(6)} ms${more}`);
}

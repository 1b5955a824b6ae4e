import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Change, ComparisonList, ComparisonPage, RunPage } from '../../cli/serve/api.ts';
import { type Dashboard, serveDashboard } from '../../cli/serve/server.ts';
import { webFiles } from '../../cli/serve/web-files.ts';
import { lockFolder, readExperiment } from '../../results/index.ts';
import { condition, epochRecord, run } from '../results/example.ts';
import { HOSTILE } from '../results/figures/example.ts';
import { storeComparison } from '../results/stored-comparison.ts';
import { inThisProcess } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('serve');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-serve-'));
const runs = join(folder, 'runs');
const outside = join(folder, 'outside');
const built = join(folder, 'web');
let dashboard: Dashboard;

/** Stands for the built page. */
function writePage(): void {
  mkdirSync(join(built, 'assets'), { recursive: true });
  writeFileSync(join(built, 'dashboard.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(built, 'assets', 'page.js'), 'export {};');
  writeFileSync(join(built, 'index.html'), 'another page');
}

const two = () => [
  run('backprop', 1, [8, 5]),
  run('backprop', 2, [8, 5.5]),
  run('feedback-alignment', 1, [9, 6]),
];

test.before(async () => {
  writePage();
  storeComparison(join(runs, 'first'), [
    ...two(),
    run('feedback-alignment', 2, [9, 6.25]),
    run('backprop', 3, [8], { status: 'unfinished' }),
  ]);
  storeComparison(join(runs, 'deep', 'er', 'second'), two());
  storeComparison(join(outside, 'secret'), [run('backprop', 1, [8, 5])]);
  dashboard = await serveDashboard(runs, 0, webFiles(built));
});
test.after(async () => {
  await dashboard.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** As it stands, where `fetch` would put a path in order and set the name of the host. */
const send = (path: string, method = 'GET', headers: Record<string, string> = {}, url = dashboard.url) =>
  new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    sent.on('error', reject).end();
  });

/** An answer that is none of refusal. */
async function ask<T>(path: string, url = dashboard.url): Promise<T> {
  const { status, text } = await send(`/api/${path}`, 'GET', {}, url);
  assert.is(status, 200, text);
  return JSON.parse(text) as T;
}

/** Another folder, served for one test. */
async function served(root: string, look: (url: string) => Promise<void>): Promise<void> {
  const other = await serveDashboard(root, 0, webFiles(built));
  try {
    await look(other.url);
  } finally {
    await other.close();
  }
}

test('the page has a policy that lets nothing else run, and is never kept', async () => {
  const { status, headers, text } = await send('/');
  assert.is(status, 200);
  assert.match(text, '<title>page</title>');
  const policy = headers['content-security-policy'] as string;
  assert.match(policy, "default-src 'none'");
  assert.match(policy, "script-src 'self';");
  assert.match(policy, "style-src 'self';");
  assert.not.match(policy, 'unsafe');
  assert.is(headers['x-content-type-options'], 'nosniff');
  assert.is(headers['referrer-policy'], 'no-referrer');
  assert.is(headers['cache-control'], 'no-store');
  assert.is((await send('/assets/page.js')).headers['content-type'], 'text/javascript; charset=utf-8');
});

test('answers have the policy too, refusals as well', async () => {
  for (const path of ['/api/comparisons', '/nothing'])
    assert.ok((await send(path)).headers['content-security-policy'], path);
});

test('a name of a host that is another one is refused', async () => {
  const { port } = new URL(dashboard.url);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    '127.0.0.1:1',
    `127.0.0.1:${port}.evil.example`,
  ])
    assert.is((await send('/api/comparisons', 'GET', { host })).status, 403, host);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`])
    assert.is((await send('/api/comparisons', 'GET', { host })).status, 200, host);
});

test('a page of another origin gets no answer', async () => {
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
  assert.is((await send('/api/comparisons', 'GET', headers)).status, 403);
  // A link from elsewhere opens the page.
  assert.is((await send('/', 'GET', { ...headers, 'sec-fetch-mode': 'navigate' })).status, 200);
});

test('it only shows', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const { status, headers } = await send('/api/comparisons', method);
    assert.is(status, 405, method);
    assert.is(headers.allow, 'GET, HEAD');
  }
  const { status, text, headers } = await send('/', 'HEAD');
  assert.equal([status, text], [200, '']);
  assert.ok(Number(headers['content-length']) > 0);
});

test('no address leads out of the folder', async () => {
  for (const path of [
    '/../outside/secret/experiment.json',
    '/assets/../../outside/secret/experiment.json',
    '/assets/..%2f..%2findex.html',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/%2e%2e/index.html',
    '//etc/passwd',
    '/index.html',
    `${join(outside, 'secret', 'experiment.json')}`,
    '/api/comparison?id=../outside/secret',
    '/api/comparison?id=%2e%2e%2foutside%2fsecret',
    `/api/comparison?id=${encodeURIComponent(join(outside, 'secret'))}`,
    '/api/comparison?id=first/../../outside/secret',
    '/api/run?comparison=first&run=../../outside/secret/backprop-seed-1',
    '/api/run?comparison=../outside/secret&run=backprop-seed-1',
    '/api/figure?comparison=first&run=../../outside/secret/backprop-seed-1&figure=confusion',
    '/api/comparison?id=first%00',
    'http://[',
  ]) {
    const { status, text } = await send(path);
    assert.is(status, 404, `${path}: ${text}`);
    assert.type(JSON.parse(text).error, 'string');
  }
});

test('comparisons are found however deep they lie, and by no link', async () => {
  const root = join(folder, 'linked');
  storeComparison(join(root, 'own'), two());
  symlinkSync(join(outside, 'secret'), join(root, 'link'));
  symlinkSync(outside, join(root, 'all'));
  await served(root, async (url) => {
    const { comparisons } = await ask<ComparisonList>('comparisons', url);
    assert.equal(
      comparisons.map(({ id }) => id),
      ['own'],
    );
  });
  const { comparisons } = await ask<ComparisonList>('comparisons');
  assert.equal(
    comparisons.map(({ id, state }) => [id, state]),
    [
      ['deep/er/second', 'stopped'],
      ['first', 'stopped'],
    ],
  );
  await served(join(runs, 'first'), async (url) => {
    const own = await ask<ComparisonList>('comparisons', url);
    assert.equal(
      own.comparisons.map(({ id }) => id),
      ['.'],
    );
  });
});

test('a run that lies outside, by a link or by its name, is not read', async () => {
  const root = join(folder, 'leading-out');
  const at = storeComparison(join(root, 'own'), [run('backprop', 1, [8, 5])]);
  const secret = join(outside, 'secret', 'backprop-seed-1');
  symlinkSync(secret, join(at, 'backprop-seed-2'));
  mkdirSync(join(at, 'backprop-seed-3'));
  for (const name of readdirSync(secret)) symlinkSync(join(secret, name), join(at, 'backprop-seed-3', name));
  const experiment = JSON.parse(readFileSync(join(at, 'experiment.json'), 'utf8'));
  experiment.runs[3].folder = '../../outside/secret/backprop-seed-1';
  writeFileSync(join(at, 'experiment.json'), JSON.stringify(experiment));
  await served(root, async (url) => {
    const { document, damaged } = await ask<ComparisonPage>('comparison?id=own', url);
    assert.equal(
      document.runs.map(({ folder: name }) => name),
      ['backprop-seed-1'],
    );
    assert.is(damaged.length, 3);
    for (const { problem } of damaged) assert.match(problem, 'leads out of the folder that is served');
  });
});

test('statistics are those of the report', async () => {
  const page = await ask<ComparisonPage>('comparison?id=first');
  const { document } = readExperiment(join(runs, 'first'));
  assert.equal(page.document.summary, document.summary);
  assert.equal(
    page.document.contrasts.map(({ words: _, ...contrast }) => contrast),
    document.contrasts,
  );
  assert.equal(
    page.document.runs.map(({ folder: _, ...one }) => one),
    document.runs.map(({ folder: _, ...one }) => one),
  );
  assert.equal([page.entry.about!.epochs, page.entry.about!.epochsInAll], [9, 12]);
});

test('a run has a page with its configuration and where it came from', async () => {
  const {
    run: own,
    configuration,
    provenance,
    figures,
  } = await ask<RunPage>('run?comparison=first&run=backprop-seed-2');
  assert.is(own.testScore.last, 5.5);
  assert.equal(
    configuration.find(([name]) => name === 'Seed'),
    ['Seed', '2'],
  );
  assert.ok(provenance.some(([name]) => name === 'Node.js'));
  for (const { missing } of figures) assert.match(missing!, 'no checkpoints were written');
  const { status, text } = await send('/api/figure?comparison=first&run=backprop-seed-2&figure=confusion');
  assert.is(status, 422);
  assert.match(text, 'no checkpoints were written');
  assert.is((await send('/api/run?comparison=first&run=backprop-seed-9')).status, 404);
});

test('a network is drawn, and names in the drawing are text', async () => {
  const root = join(folder, 'drawn');
  const { code, stderr } = await inThisProcess([
    ...['compare', '--out', root, ...onTiny(writeTinyIdx(join(folder, 'tiny'))), '--rules', 'backprop'],
    ...['--epochs', '1', '--seeds', '1', '--json'],
  ]);
  assert.is(code, 0, stderr);
  const [name] = readdirSync(root);
  const at = join(root, name!, 'experiment.json');
  const [config] = [join(root, name!, 'backprop-seed-1', 'config.json')];
  for (const file of [at, config])
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replaceAll('"label": "backprop"', `"label": ${JSON.stringify(HOSTILE)}`),
    );
  await served(root, async (url) => {
    for (const figure of ['confusion', 'receptive-fields', 'activity']) {
      const asked = `figure?comparison=${name}&run=backprop-seed-1&figure=${figure}`;
      const { svg } = await ask<{ svg: string }>(asked, url);
      assert.match(svg, /^<svg /);
      assert.not.match(svg, '<script');
    }
    const missing = await send(
      `/api/figure?comparison=${name}&run=backprop-seed-1&figure=voltages`,
      'GET',
      {},
      url,
    );
    assert.is(missing.status, 422);
    assert.is(
      (await send(`/api/figure?comparison=${name}&run=backprop-seed-1&figure=x`, 'GET', {}, url)).status,
      404,
    );
  });
});

test('what is damaged is a sentence, and the rest is shown', async () => {
  const root = join(folder, 'damaged');
  const at = storeComparison(join(root, 'one-run'), two());
  appendFileSync(join(at, 'backprop-seed-1', 'metrics.jsonl'), '{"epoch": \n');
  cpSync(at, join(root, 'whole'), { recursive: true });
  writeFileSync(join(root, 'whole', 'experiment.json'), '{');
  await served(root, async (url) => {
    const { comparisons } = await ask<ComparisonList>('comparisons', url);
    assert.match(comparisons[0]!.problem!, /^line 3 of \S+metrics\.jsonl is damaged; repeat this run$/);
    assert.is(comparisons[1]!.state, 'damaged');
    assert.match(comparisons[1]!.problem!, 'experiment.json is damaged, not JSON');
    const page = await ask<ComparisonPage>('comparison?id=one-run', url);
    assert.equal(
      page.document.runs.map(({ folder: name }) => name),
      ['backprop-seed-2', 'feedback-alignment-seed-1'],
    );
    const whole = await send('/api/comparison?id=whole', 'GET', {}, url);
    assert.is(whole.status, 422);
    // Once it is mended, it is there.
    cpSync(join(runs, 'first', 'experiment.json'), join(root, 'whole', 'experiment.json'));
    await until(async () => (await send('/api/comparison?id=whole', 'GET', {}, url)).status === 200);
  });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(100);
}

/** Listens until an event fits. @param begin is done once the server listens */
async function nextChange(
  path: string,
  begin: () => void,
  fits: (change: Change) => boolean,
  url = dashboard.url,
): Promise<Change> {
  const ended = new AbortController();
  const response = await fetch(new URL(path, url), { signal: ended.signal });
  assert.is(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  begin();
  let text = '';
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    text += part;
    const events = text.split('\n\n');
    text = events.pop()!;
    for (const event of events) {
      const change = JSON.parse(/^data: (.*)$/m.exec(event)![1]!) as Change;
      if (event.startsWith('event: change\n') && fits(change)) {
        ended.abort();
        return change;
      }
    }
  }
  throw new Error('the events ended');
}

test('a new epoch is an event, for which no other run is read again', async () => {
  const root = join(folder, 'live');
  const at = storeComparison(join(root, 'one'), [
    ...two(),
    run('backprop', 3, [8], { status: 'unfinished' }),
  ]);
  await served(root, async (url) => {
    await ask<ComparisonPage>('comparison?id=one', url);
    // Were it read again, this would be its problem.
    writeFileSync(join(at, 'backprop-seed-1', 'config.json'), '{');
    const line = `${JSON.stringify(epochRecord(2, 4.75))}\n`;
    const { pages, comparisons } = await nextChange(
      'api/events?comparison=one',
      () => appendFileSync(join(at, 'backprop-seed-3', 'metrics.jsonl'), line),
      (change) => change.pages.length > 0,
      url,
    );
    const [{ runs: changed, damaged, statistics }] = pages as [(typeof pages)[0]];
    assert.equal(
      changed.map((one) => [one.folder, one.epochs.length, one.testScore.last]),
      [['backprop-seed-3', 2, 4.75]],
    );
    assert.equal(damaged, []);
    assert.is(statistics, undefined, 'no run has ended');
    assert.is(comparisons[0]!.about!.epochs, 8);
  });
});

test('a run that ends changes the statistics to those of the report', async () => {
  const root = join(folder, 'ending');
  const at = storeComparison(join(root, 'one'), [
    ...two(),
    run('backprop', 3, [8, 4], { status: 'unfinished' }),
  ]);
  const end = { status: 'finished', finishedAt: '2026-01-01T00:00:00.000Z' };
  await served(root, async (url) => {
    await ask<ComparisonPage>('comparison?id=one', url);
    const { pages } = await nextChange(
      'api/events?comparison=one',
      () => writeFileSync(join(at, 'backprop-seed-3', 'status.json'), JSON.stringify(end)),
      (change) => change.pages.length > 0,
      url,
    );
    assert.is(pages[0]!.statistics!.summary[0]!.n, 3);
    assert.equal(pages[0]!.statistics!.summary, readExperiment(at).document.summary);
  });
});

test('events tell of comparisons that come and go, and of runs of none that is not asked for', async () => {
  const root = join(folder, 'coming');
  const at = storeComparison(join(root, 'old'), [run('backprop', 1, [8], { status: 'unfinished' })]);
  await served(root, async (url) => {
    await ask<ComparisonList>('comparisons', url);
    const came = await nextChange(
      'api/events',
      () => storeComparison(join(root, 'new'), two()),
      ({ comparisons }) => comparisons.some(({ id, about }) => id === 'new' && about?.runs.finished === 3),
      url,
    );
    assert.equal([came.pages, came.anew], [[], []]);
    const trained = await nextChange(
      'api/events?comparison=new',
      () =>
        appendFileSync(
          join(at, 'backprop-seed-1', 'metrics.jsonl'),
          `${JSON.stringify(epochRecord(2, 7))}\n`,
        ),
      ({ comparisons }) => comparisons.some(({ id }) => id === 'old'),
      url,
    );
    assert.equal(trained.pages, [], 'only the other one was asked for');
    const gone = await nextChange(
      'api/events',
      () => rmSync(at, { recursive: true }),
      (change) => change.gone.length > 0,
      url,
    );
    assert.equal(gone.gone, ['old']);
    const { comparisons: left } = await ask<ComparisonList>('comparisons', url);
    assert.equal(
      left.map(({ id }) => id),
      ['new'],
    );
  });
});

test('a process that works on a comparison makes it run, with the time that is left', async () => {
  const root = join(folder, 'working');
  const at = storeComparison(join(root, 'one'), [
    ...two(),
    run('backprop', 3, [8], { status: 'unfinished' }),
  ]);
  const lock = await lockFolder(at);
  await served(root, async (url) => {
    const page = await ask<ComparisonPage>('comparison?id=one', url);
    assert.is(page.entry.state, 'running');
    assert.equal(page.running, ['backprop-seed-3']);
    // 12 epochs, 7 of them recorded in 2.5 s each, one run at a time.
    assert.is(page.entry.about!.secondsLeft, 5 * 2.5);
    const { comparisons } = await nextChange(
      'api/events',
      () => lock.release(),
      ({ comparisons: all }) => all.length > 0,
      url,
    );
    assert.is(comparisons[0]!.state, 'stopped');
    assert.is(comparisons[0]!.about!.secondsLeft, null);
  });
});

test('names are what they are, in JSON', async () => {
  const root = join(folder, 'hostile');
  storeComparison(join(root, 'one'), two(), {
    conditions: [{ ...condition('backprop'), label: HOSTILE }, condition('feedback-alignment')],
    given: { title: HOSTILE },
  });
  await served(root, async (url) => {
    const { headers, text } = await send('/api/comparison?id=one', 'GET', {}, url);
    assert.is(headers['content-type'], 'application/json; charset=utf-8');
    assert.is((JSON.parse(text) as ComparisonPage).document.conditions[0]!.label, HOSTILE);
    assert.is((JSON.parse(text) as ComparisonPage).entry.about!.title, HOSTILE);
  });
});

/** Names, sizes and times of all files of a folder. */
const stateOf = (at: string): string[] =>
  readdirSync(at, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${statSync(join(at, name)).size} ${statSync(join(at, name)).mtimeMs}`);

test('nothing is written', async () => {
  const before = stateOf(runs);
  await ask('comparisons');
  await ask('comparison?id=first');
  await ask('run?comparison=first&run=backprop-seed-1');
  assert.equal(stateOf(runs), before);
});

test('a page that is not built is a sentence', () => {
  assert.throws(() => webFiles(join(folder, 'nowhere')), /^.*is not built .*'npm run build:web' builds it$/);
});

test.run();

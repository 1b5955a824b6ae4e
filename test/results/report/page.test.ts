import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { condition, device, experiment, run } from '../example.ts';
import { HOSTILE, measured, seedsOf } from '../figures/example.ts';
import { comparisonOf, type ReadReport, reportOf } from './example.ts';

const test = suite('report');

const both = [
  ...seedsOf('backprop', [
    [8, 5.1],
    [8, 5.0],
    [8, 5.2],
  ]),
  ...seedsOf('feedback-alignment', [
    [9, 6.1],
    [9, 5.9],
    [9, 6.3],
  ]),
];
const whole = comparisonOf(both);

/** Links within the page that lead nowhere. */
function deadLinks({ find }: ReadReport): string[] {
  const ids = new Set(find('[id]').map((part) => part.getAttribute('id')));
  return find('a[href^="#"]')
    .map((link) => decodeURIComponent(link.getAttribute('href')!.slice(1)))
    .filter((id) => !ids.has(id));
}

test('has a part for everything, and every link within it leads somewhere', async () => {
  const report = await reportOf(whole, { isDrawn: true });
  assert.equal(report.texts('h1'), ['backprop and feedback-alignment on mnist']);
  assert.equal(report.texts('h2'), [
    ...['Scores', 'Contrasts', 'Notes', 'Figures', 'Configuration', 'Provenance', 'Runs'],
  ]);
  assert.equal(
    report.find('figure').map((figure) => figure.getAttribute('id')),
    ['figure-curves', 'figure-scores'],
  );
  assert.ok(report.find('a[href^="#"]').length > 20);
  assert.equal(deadLinks(report), []);
  const ids = report.find('[id]').map((part) => part.getAttribute('id'));
  assert.is(new Set(ids).size, ids.length);
});

test('leads from each number to the runs behind it, and from these to their folders', async () => {
  const report = await reportOf(whole, { folderOf: ({ condition, seed }) => `../a b/${condition}-${seed}` });
  const cells = report.find('#scores tbody tr:nth-child(2) .number a');
  assert.equal(
    cells.slice(0, 4).map(({ textContent }) => textContent),
    ['3', '6.10 ± 0.20', '[5.60, 6.60]', '6.10 ± 0.20'],
  );
  for (const cell of cells.slice(0, 4)) assert.is(cell.getAttribute('href'), '#runs-feedback-alignment');
  assert.equal(
    report.find('#runs-backprop a').map((link) => link.getAttribute('href')),
    [1, 2, 3].flatMap((seed) => [`../a%20b/backprop-${seed}/`, `../a%20b/backprop-${seed}/metrics.jsonl`]),
  );
});

test('takes the name of no folder for a scheme', async () => {
  const report = await reportOf(whole, { folderOf: () => 'javascript:alert(1)' });
  for (const link of report.find('#runs a'))
    assert.match(link.getAttribute('href')!, /^\.\/javascript%3Aalert\(1\)\//);
});

test('says in a sentence which runs are in no mean, and why', async () => {
  const report = await reportOf(
    comparisonOf([
      run('backprop', 1, [8, 5]),
      run('backprop', 2, [8], { status: 'diverged', reason: 'the loss is not finite' }),
      run('backprop', 3, [], { status: 'failed', reason: 'no memory', device: null }),
      run('feedback-alignment', 1, [9], { status: 'unfinished' }),
    ]),
    { isDrawn: true },
  );
  assert.match(report.texts('.verdict')[0]!, /^Not ended: 3 of 6 runs ended; see what is missing\./);
  assert.equal(report.texts('#missing tbody tr'), [
    'backprop2diverged1the loss is not finite',
    'backprop3failed0no memory',
    'feedback-alignment1unfinished1goes on, or was stopped: dendrite resume',
    'feedback-alignment2not begun0goes on, or was stopped: dendrite resume',
    'feedback-alignment3not begun0goes on, or was stopped: dendrite resume',
  ]);
  assert.equal(report.texts('#scores tbody tr:first-child td:nth-child(2)'), ['1 of 3 1 diverged 1 failed']);
  assert.equal(deadLinks(report), []);
});

test('can be made before the first run has begun', async () => {
  const report = await reportOf(comparisonOf([]), { isDrawn: true });
  assert.match(report.texts('.verdict')[0]!, /^Not ended: 0 of 6 runs ended/);
  assert.equal(report.find('figure').length, 0);
  assert.equal(deadLinks(report), []);
});

test('shows what differs between conditions, and once what does not', async () => {
  const conditions = [
    condition('backprop', { learningRate: [0.1] }),
    { ...condition('backprop', { learningRate: [0.3, 0.2] }, 'fast'), options: { scale: 2, kind: 'even' } },
  ];
  const report = await reportOf(
    comparisonOf([], { conditions, experiment: { ...experiment, contrasts: [] } }),
  );
  assert.equal(report.texts('#configuration thead th'), [
    ...['Condition', 'Rule', 'Learning rate', 'Options of the rule'],
  ]);
  assert.equal(report.texts('#configuration tbody tr'), [
    'backpropbackprop0.1none',
    'fastbackprop0.3, 0.2scale 2, kind even',
  ]);
  const common = report.texts('#configuration dt');
  assert.ok(common.includes('Batch') && common.includes('Budget') && !common.includes('Learning rate'));
  assert.not(common.includes('Epochs'), 'a part of the budget');
});

test('leaves out what other settings take the meaning from', async () => {
  const conditions = [
    condition('backprop', { loss: 'squared-error', outputActivation: 'tanh', optimizer: 'sgd' }),
    condition('backprop', { loss: 'cross-entropy', outputActivation: 'relu', optimizer: 'adam' }, 'adam'),
  ];
  const report = await reportOf(
    comparisonOf([], { conditions, experiment: { ...experiment, contrasts: [] } }),
  );
  assert.equal(report.texts('#configuration thead th'), [
    ...['Condition', 'Rule', 'Loss', 'Output activation', 'Optimizer', 'Options of the rule'],
  ]);
  assert.equal(report.texts('#configuration tbody tr'), [
    'backpropbackpropsquared-errortanhsgdnone',
    'adambackpropcross-entropy–adamnone',
  ]);
  assert.not(report.texts('#configuration dt').includes('Momentum'));
});

test('tells notes once, those of runs with their condition', async () => {
  const runs = both.map((one) => ({ ...one, notes: ['energy is not defined'] }));
  assert.equal((await reportOf(comparisonOf(runs))).texts('#notes li'), [
    'Not comparable with published figures.',
    'backprop: energy is not defined',
    'feedback-alignment: energy is not defined',
  ]);
});

test('tells what guards have found', async () => {
  const guards = [{ guard: 'dead-layer', layer: 'hidden 1', sentence: 'hidden 1 is silent' }];
  const runs = both.map((one) => ({ ...one, epochs: one.epochs.map((epoch) => ({ ...epoch, guards })) }));
  assert.ok(
    (await reportOf(comparisonOf(runs)))
      .texts('#notes li')
      .includes('backprop: hidden 1 is silent (seed 1, and alike with seeds 2, 3)'),
  );
});

test('has the baselines apart from the conditions', async () => {
  const scores = [
    { baseline: 'ridge', width: null, seed: null, score: 14.2, detail: 'penalty 1', seconds: 1 },
  ];
  const baselines = [
    { baseline: 'ridge', width: null, conditions: ['backprop'], n: 1, mean: 14.2, sd: null, scores },
  ];
  const report = await reportOf({ ...whole, document: { ...whole.document, baselines } });
  assert.equal(report.texts('#baselines tbody tr'), ['ridge14.20penalty 1']);
});

/** Every text that a user or a machine can choose, as `text` makes it. */
const withTexts = (text: (place: string) => string) => {
  const conditions = ['backprop', 'feedback-alignment'].map((rule) => ({
    ...condition(rule),
    ...{ label: text(`label of ${rule}`), rule: text('rule'), recipe: text('recipe') },
    options: { [text('option')]: text('value') },
  }));
  const states = { reason: text('reason'), notes: [text('note')], statesHash: text('hash') };
  const hardware = { ...device, hardware: text('hardware'), fallbackReason: text('fallback') };
  const runs = both.map((one, i) => ({
    ...{ ...one, ...states, device: hardware },
    ...(i === 0 && { status: 'failed' as const }),
  }));
  const comparison = comparisonOf(runs, {
    ...{ conditions, dendrite: text('version') },
    experiment: { ...experiment, dataset: text('dataset'), note: text('dataset note') },
    dataset: { name: text('dataset'), hash: text('dataset hash'), validation: 0, splitSeed: 0 },
    plugins: [{ path: text('path'), hash: text('plug-in hash') }],
    device: {
      asked: { blas: text('blas') },
      settled: { device: 'cpu', backend: 'wasm-simd', blas: null },
    },
  });
  const parts = { title: text('title'), experimentFile: text('file'), folderOf: () => text('folder') };
  return { comparison, parts };
};

/** Names of elements and their attributes, in the order of the page. */
const structure = ({ find }: ReadReport): string[] =>
  find('*').map(({ tagName, attributes }) =>
    [tagName, ...[...attributes].map(({ name }) => name).sort()].join(' '),
  );

test('a name is text wherever it stands', async () => {
  const plain = withTexts((place) => place);
  const hostile = withTexts((place) => `${HOSTILE}' onclick=x <img src=x>${place}`);
  const [harmless, report] = await Promise.all(
    [plain, hostile].map(({ comparison, parts }) => reportOf(comparison, parts)),
  );
  assert.equal(structure(report!), structure(harmless!));
  const shown = report!.texts('body')[0]!;
  for (const place of ['label of backprop', 'rule', 'recipe', 'value', 'reason', 'note', 'hardware'])
    assert.ok(shown.includes(`<img src=x>${place}`), place);
});

test('a name is text in a figure, too', async () => {
  const { comparison, parts } = withTexts((place) => HOSTILE + place);
  const report = await reportOf(comparison, { ...parts, isDrawn: true });
  assert.ok(report.find('svg').length > 1);
  assert.equal(report.find('script, img, b').length, 0);
});

test('loads nothing, runs nothing, and has no style but its own', async () => {
  const report = await reportOf(whole, { isDrawn: true });
  const [policy] = report.find('meta[http-equiv=Content-Security-Policy]');
  const [style, ...others] = report.find('style');
  const hash = createHash('sha256').update(style!.textContent).digest('base64');
  assert.is(others.length, 0);
  assert.match(policy!.getAttribute('content')!, "default-src 'none'");
  assert.match(policy!.getAttribute('content')!, `style-src 'sha256-${hash}'`);
  assert.is(report.find('script, link, iframe, object, embed, form, [style], [src]').length, 0);
  for (const link of report.find('[href]')) assert.match(link.getAttribute('href')!, /^(#|\.)/);
  assert.not.match(style!.textContent, /url\(|@import/);
});

test('is the same whenever it is made of the same comparison', async () => {
  const [first, second] = [
    await reportOf(whole, { isDrawn: true }),
    await reportOf(whole, { isDrawn: true }),
  ];
  assert.is(first.text, second.text);
});

test('stays below a megabyte for 30 runs of 50 epochs', async () => {
  const rules = ['a', 'b', 'c'];
  const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
  const errors = Array.from({ length: 50 }, (_, i) => 3 + 10 / (i + 1));
  const runs = rules.flatMap((rule, r) =>
    seeds.map((seed) =>
      run(
        rule,
        seed,
        errors.map((error) => error + r + Math.sin(seed)),
      ),
    ),
  );
  const comparison = comparisonOf(
    measured(runs, ({ epoch }, { seed }) => ({
      angle: { 'input to hidden 1': 60 + epoch / seed, 'hidden 1 to output': 20 },
      'feedback-angle': { 'feedback from output to hidden 1': 80 - epoch / seed },
    })),
    {
      conditions: rules.map((rule) => condition(rule)),
      experiment: { ...experiment, seeds, contrasts: [{ condition: 'b', to: 'a' }] },
    },
  );
  const report = await reportOf(comparison, { isDrawn: true });
  assert.is(report.find('figure').length, 4);
  assert.is(report.find('#runs tbody tr').length, 30);
  assert.ok(report.text.length < 1e6, `${report.text.length} characters`);
});

test.run();

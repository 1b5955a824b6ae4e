import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CompareOptions, compare, resolveExperiment, resume } from '../../experiments/index.ts';
import { type ComparisonDocument, comparisonTable, readExperiment } from '../../results/index.ts';
import { defineRule, findRule } from '../../rules/index.ts';
import { writeTinyIdx } from '../cli/tiny-idx.ts';

/** Baselines of a comparison: scored once, recorded, and set apart from the conditions. */
const test = suite('baselines of a comparison');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-compared-baselines-'));
test.after(() => rmSync(folder, { recursive: true }));
const data = writeTinyIdx(join(folder, 'tiny'));

/** In this thread, which needs no time to start. */
const own = defineRule({ ...findRule('backprop'), name: 'own' });
let number = 0;
const compared = (options: Partial<CompareOptions> = {}): CompareOptions => ({
  dataset: `idx:${data}`,
  rules: [own],
  seeds: [1, 2],
  settings: { layers: [64, 5, 3], batch: 10, epochs: 1 },
  device: { device: 'cpu', blas: 'none' },
  out: join(folder, String(number++)),
  jobs: 1,
  baselines: true,
  ...options,
});

const folderOf = async (options: CompareOptions): Promise<[at: string, document: ComparisonDocument]> => {
  let at = '';
  const document = await compare(options, {
    started: (started) => {
      at = started.folder;
    },
  });
  return [at, document];
};

const named = ({ baselines = [] }: ComparisonDocument) =>
  baselines.map(({ baseline, width, n, conditions }) => `${baseline} ${width} ${n} ${conditions.join()}`);

test('all of them are scored, random ones for each width and seed, and read back', async () => {
  const layers = (hidden: number) => ({ layers: [64, hidden, 3] });
  const rules = [
    { rule: own, id: 'five', settings: layers(5) },
    { rule: own, id: 'seven', settings: layers(7) },
    { rule: own, id: 'another', settings: layers(5) },
    { rule: own, id: 'none', settings: { layers: [64, 3] } },
  ];
  const [at, document] = await folderOf(compared({ rules }));
  const all = 'five,seven,another,none';
  assert.equal(named(document), [
    `chance null 1 ${all}`,
    `pixels-ridge null 1 ${all}`,
    'random-features-ridge 5 2 five,another',
    'random-features-ridge 7 2 seven',
    `nearest-neighbour null 1 ${all}`,
  ]);
  for (const { mean, sd, n } of document.baselines!) {
    assert.ok(mean! >= 0 && mean! <= 100);
    assert.is(sd === null, n === 1);
  }
  assert.equal(readExperiment(at).document, document);
  const table = comparisonTable(document, { colour: false, width: 120 });
  assert.match(table, /^ +Test error, %\nBaseline +mean ± sd$/m);
  assert.match(
    table,
    /^random-features-ridge, 7 features +\S+ ± \S+ +2 seeds, penalty \S+( or penalty \S+)?$/m,
  );
  assert.ok(table.indexOf('Baseline') > table.indexOf('seven'));
});

test('they have no part in the statistics; what is recorded is not scored again, and what is missing is', async () => {
  const [, without] = await folderOf(compared({ baselines: false }));
  const [at, document] = await folderOf(compared({ baselines: ['chance', 'nearest-neighbour'] }));
  const scores = ({ summary }: ComparisonDocument) => summary.map(({ examplesPerSecond, ...rest }) => rest);
  assert.equal(scores(document), scores(without));
  assert.not('baselines' in without || 'baselines' in without.experiment);
  assert.equal(named(document), ['chance null 1 own', 'nearest-neighbour null 1 own']);
  const file = join(at, 'baselines.json');
  const { format, scores: recorded } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ format, scores: [{ ...recorded[0], score: 12.5 }] }));
  const told: string[] = [];
  const events = { baselineScored: ({ baseline }: { baseline: string }) => void told.push(baseline) };
  const resumed = await resume(at, { rules: [own] }, events);
  assert.equal(told, ['nearest-neighbour']);
  assert.is(resumed.baselines![0]!.mean, 12.5);
  assert.is(resumed.baselines![1]!.mean, recorded[1].score);
});

test('a comparison that is stopped has none, and gets them when it goes on', async () => {
  const stop = new AbortController();
  let at = '';
  const events = {
    started: (started: { folder: string }) => {
      at = started.folder;
      stop.abort(new Error('enough'));
    },
    signal: stop.signal,
  };
  assert.equal(named(await compare(compared({ baselines: ['chance'] }), events)), []);
  assert.equal(named(await resume(at, { rules: [own] })), ['chance null 1 own']);
});

test('what is no baseline, and a task that scores something else, are refused', () => {
  const refusal = (options: object): string => {
    try {
      resolveExperiment({ rules: ['backprop'], ...options });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  assert.match(refusal({ baselines: ['knn'] }), "there is no baseline 'knn'; there are chance, pixels-ridge");
  assert.match(refusal({ baselines: ['chance', 'chance'] }), 'the baseline chance is named twice');
  assert.match(
    refusal({ baselines: true, task: 'reconstruct' }),
    "no baseline goes with the task 'reconstruct'; leave them out",
  );
  assert.match(
    refusal({ baselines: true, task: 'robustness:shuffle-7' }),
    "no baseline goes with the task 'robustness'; leave them out",
  );
  assert.match(
    refusal({ baselines: ['copy-last-frame'] }),
    "the baseline 'copy-last-frame' does not go with the task 'classify'; choose chance, pixels-ridge",
  );
  assert.match(
    refusal({ baselines: ['chance'], task: 'next-frame:1' }),
    "the baseline 'chance' does not go with the task 'next-frame'; choose copy-last-frame",
  );
  assert.is(refusal({ baselines: true, task: 'probe:hidden-1' }), '');
  assert.is(refusal({ baselines: true, task: 'associative-recall' }), '');
  const { baselines } = resolveExperiment({ rules: ['backprop'], baselines: true, task: 'next-frame:1' });
  assert.equal(baselines, ['copy-last-frame', 'constant-velocity', 'frames-ridge']);
});

test.run();

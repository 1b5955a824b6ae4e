import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { diffComparisons, diffText } from '../../results/index.ts';
import { condition, conditions, experiment, run, spec } from './example.ts';
import { storeComparison } from './stored-comparison.ts';

const test = suite('diff');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-diff-'));
test.after(() => rmSync(folder, { recursive: true }));

const hash = (letter: string) => ({ statesHash: letter.repeat(64) });
const runs = [
  run('backprop', 1, [5], hash('a')),
  run('backprop', 2, [6], hash('b')),
  run('backprop', 3, [50], { status: 'diverged' }),
  run('feedback-alignment', 1, [8]),
];
const a = storeComparison(join(folder, 'a'), runs);

test('a comparison differs in nothing from itself', () => {
  const { configuration, conditions: both, onlyA, onlyB } = diffComparisons(a, a);
  assert.equal([configuration, onlyA, onlyB], [[], [], []]);
  assert.equal(both[0], {
    condition: 'backprop',
    difference: { n: 2, mean: 0, sd: 0, ci95: [0, 0], bca95: null },
    ...{ sameBits: [1, 2], otherBits: [], otherStatus: [], onlyA: [], onlyB: [] },
  });
  assert.match(diffText(diffComparisons(a, a)), 'Nothing differs in the configuration.');
});

test('differences of configuration are named by their place, once where all conditions have them', () => {
  const b = storeComparison(join(folder, 'configured'), runs, {
    dendrite: '9.9.9',
    conditions: conditions.map((one, i) => ({
      ...condition(one.rule, { epochs: 5, ...(i === 1 && { layers: [784, 30, 10] }) }),
      options: i === 0 ? {} : { feedbackScale: 2 },
    })),
    experiment: { ...experiment, seeds: [1, 2, 3], trainExamples: 7000 },
    dataset: { ...spec(1).dataset, hash: '1'.repeat(64) },
    plugins: [{ path: '/rules/mine.ts', hash: 'c'.repeat(64) }],
    device: { asked: { blas: 'none' }, settled: { device: 'cpu', backend: 'wasm-simd', blas: null } },
  });
  const { configuration } = diffComparisons(a, b);
  assert.equal(
    configuration.filter(({ key }) => key !== 'dendrite'),
    [
      { key: 'dataset.hash', a: '0'.repeat(64), b: '1'.repeat(64) },
      { key: 'trainExamples', a: 8000, b: 7000 },
      { key: 'device.asked.blas', a: null, b: 'none' },
      { key: 'plugins./rules/mine.ts', a: null, b: 'c'.repeat(64) },
      { key: 'conditions.*.settings.epochs', a: 2, b: 5 },
      { key: 'conditions.feedback-alignment.settings.layers', a: [784, 500, 10], b: [784, 30, 10] },
      { key: 'conditions.feedback-alignment.options.feedbackScale', a: null, b: 2 },
    ],
  );
  assert.is(configuration[0]!.b, '9.9.9');
  const text = diffText(diffComparisons(a, b)).replaceAll(/ +/g, ' ');
  assert.match(text, 'dataset.hash 000000000000 111111111111');
  assert.match(text, 'conditions.feedback-alignment.settings.layers 784-500-10 784-30-10');
});

test('results are paired by seed, B minus A, over the runs that finished in both', () => {
  const b = storeComparison(join(folder, 'results'), [
    run('backprop', 1, [5], hash('a')),
    run('backprop', 2, [7], hash('c')),
    run('backprop', 3, [6]),
  ]);
  const diff = diffComparisons(a, b);
  const [backprop, alignment] = diff.conditions;
  const half = 12.706204736 * 0.5;
  assert.is(backprop!.difference!.n, 2);
  assert.is(backprop!.difference!.mean, 0.5);
  assert.ok(Math.abs(backprop!.difference!.ci95![1] - (0.5 + half)) < 1e-6);
  assert.equal([backprop!.sameBits, backprop!.otherBits], [[1], [2]]);
  assert.equal(backprop!.otherStatus, [{ seed: 3, a: 'diverged', b: 'finished' }]);
  assert.equal([alignment!.onlyA, alignment!.onlyB, alignment!.difference!.n], [[1], [], 0]);
  const text = diffText(diff).replaceAll(/ +/g, ' ');
  assert.match(text, 'Test error, %: B minus A');
  assert.match(text, 'backprop 2 +0.50 ± 0.71 [-5.85, +6.85] 1 of 2');
  assert.match(text, 'feedback-alignment 0 – –');
  assert.match(text, 'backprop, seed 3: diverged in A, finished in B');
  assert.match(text, 'Only in A: feedback-alignment, seed 1');
});

test('conditions that one of them has are named, and scores of different kinds have no difference', () => {
  const b = storeComparison(join(folder, 'other'), [run('backprop', 1, [0.1]), run('shallow', 1, [1])], {
    conditions: [condition('backprop'), condition('shallow')],
    experiment: { ...experiment, score: { ...experiment.score, unit: 'squared error' } },
  });
  const diff = diffComparisons(a, b);
  assert.equal([diff.onlyA, diff.onlyB], [['feedback-alignment'], ['shallow']]);
  assert.is(diff.conditions[0]!.difference, null);
  const text = diffText(diff);
  assert.match(text, 'Their scores are of different kinds, so they have no difference.');
  assert.match(text, 'Only in B: shallow');
});

test.run();

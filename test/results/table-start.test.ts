import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comparisonDocument, comparisonTable, type RunResult } from '../../results/index.ts';
import type { Condition } from '../../training/index.ts';
import { condition, experiment, run } from './example.ts';

/** What the table says of the start of the runs. */

const linesOf = (conditions: readonly Condition[], runs: RunResult[]): string[] => {
  const about = { ...experiment, contrasts: [] };
  const document = comparisonDocument({ dendrite: '1.2.3', experiment: about, conditions, runs });
  const lines = comparisonTable(document, { colour: false, width: 300 }).split('\n');
  const start = lines.findIndex((line) => line.startsWith('Start'));
  if (start < 0) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith(' '));
  return [lines[start]!, ...rest.slice(0, end)].map((line) => line.replace(/^(Start)?\s+/, ''));
};

/** A run whose hashes are these texts. */
function began(id: string, seed: number, initialHash: string, orderHash = `order ${seed}`): RunResult {
  const result = run(id, seed, [9, 8]);
  const [first, ...rest] = result.epochs;
  return { ...result, epochs: [{ ...first!, initialHash, orderHash }, ...rest] };
}

const SHARED = 'the runs of a seed have the same initial weights and order of examples';
const two = [condition('backprop'), condition('feedback-alignment')];
const seedsOf = (id: string, weights: string): RunResult[] =>
  [1, 2].map((seed) => began(id, seed, `${weights} ${seed}`));

test('conditions that began alike are said to', () => {
  assert.equal(linesOf(two, [...seedsOf('backprop', 'w'), ...seedsOf('feedback-alignment', 'w')]), [SHARED]);
});

test('a condition with weights of its own is named, with what they are drawn by', () => {
  const other = { layers: [784, 100, 10], initial: 'he-normal' } as const;
  const conditions = [condition('backprop'), condition('drtp', other), condition('shallow')];
  const runs = [...seedsOf('backprop', 'w'), ...seedsOf('drtp', 'v'), ...seedsOf('shallow', 'w')];
  assert.equal(linesOf(conditions, runs), [
    SHARED,
    'but drtp: weights of its own, layers 784-100-10, not 784-500-10, initial he-normal, not glorot-uniform',
  ]);
});

test('one seed that began otherwise is enough, and what nothing explains is said so', () => {
  const runs = [
    ...seedsOf('backprop', 'w'),
    began('feedback-alignment', 1, 'w 1'),
    began('feedback-alignment', 2, 'v 2', 'another order'),
  ];
  assert.equal(linesOf(two, runs), [
    SHARED,
    'but feedback-alignment: weights of its own, which its layers and `initial` do not explain; an order of its own, which none of its settings explains',
  ]);
});

test('what is not known yet is not claimed', () => {
  assert.equal(linesOf(two, [began('backprop', 1, 'w'), began('feedback-alignment', 2, 'w')]), [
    SHARED,
    'but feedback-alignment: not known yet',
  ]);
  assert.equal(linesOf(two, [run('backprop', 1, [9]), run('feedback-alignment', 1, [9])]), []);
});

test('one condition shares nothing', () => {
  assert.equal(linesOf([condition('backprop')], seedsOf('backprop', 'w')), []);
});

test.run();

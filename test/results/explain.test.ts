import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { explainCell, explanationText } from '../../results/index.ts';
import { condition, run } from './example.ts';
import { storeComparison } from './stored-comparison.ts';

const test = suite('explain');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-explain-'));
test.after(() => rmSync(folder, { recursive: true }));

const runs = [
  run('backprop', 1, [9, 5], { statesHash: 'a'.repeat(64) }),
  run('backprop', 2, [4, 6]),
  run('feedback-alignment', 1, [9, 6]),
];
let count = 0;
const stored = (changes = {}) => storeComparison(join(folder, String(++count)), runs, changes);

const rewrite = (path: string, change: (text: string) => string) =>
  writeFileSync(path, change(readFileSync(path, 'utf8')));

/** It throws a UserError whose sentence has a text in it. */
const refused = (act: () => unknown, sentence: string | RegExp): void =>
  assert.throws(act, (error: Error) => {
    assert.instance(error, UserError);
    assert.match(error.message, sentence);
    return true;
  });

test('a cell lists its runs and is computed again from their lines', () => {
  const at = stored();
  const explanation = explainCell([at], {}, 'backprop,score');
  assert.equal(explanation.disagreements, []);
  const text = explanationText(explanation).replaceAll(/ +/g, ' ');
  assert.match(
    text,
    `1 finished 5 5 2 aaaaaaaaaaaa cpu wasm-simd, OpenBLAS 0.3.21 ${join(at, 'backprop-seed-1')}`,
  );
  assert.match(text, `2 finished 6 4 2 – cpu`);
  assert.match(text, `3 unfinished – – 0 – none ${join(at, 'backprop-seed-3')}`);
  assert.match(text, 'n = 2 of 3, mean 5.50, sd 0.71, 95 % interval [-0.85, 11.85]');
  assert.match(text, 'comparison.json agrees.');
});

test('another number in the lines of a run is a disagreement, in every measure that it is in', () => {
  const at = stored();
  rewrite(join(at, 'backprop-seed-2', 'metrics.jsonl'), (text) =>
    text.replace('"testScore":6', '"testScore":7'),
  );
  const { disagreements } = explainCell([at], {}, 'backprop,score');
  assert.equal(disagreements.slice(0, 2), [
    'the score of backprop-seed-2 is 7 in its folder and 6 in comparison.json',
    'mean is 6 from the run folders and 5.5 from comparison.json',
  ]);
  assert.equal(explainCell([at], {}, 'feedback-alignment,score').disagreements, []);
  assert.match(explanationText(explainCell([at], {}, 'backprop,score')), 'comparison.json does not agree:');
  const difference = explainCell([at], {}, 'feedback-alignment,difference');
  assert.equal(difference.disagreements, []);
});

test('another number in comparison.json is one too', () => {
  const at = stored();
  rewrite(join(at, 'comparison.json'), (text) => text.replace('"examples": 16000', '"examples": 15000'));
  const options = { measures: ['score', 'examples'] };
  assert.match(
    explainCell([at], options, 'backprop,examples').disagreements.join(),
    'the examples of backprop-seed-1 is 16000 in its folder and 15000 in comparison.json',
  );
  assert.equal(explainCell([at], options, 'backprop,score').disagreements, []);
});

test('without comparison.json nothing can be compared', () => {
  const at = stored();
  rmSync(join(at, 'comparison.json'));
  refused(
    () => explainCell([at], {}, 'backprop,score'),
    /comparison\.json cannot be read because it does not exist/,
  );
});

test('unknown rows and columns are answered with the known ones', () => {
  const at = stored();
  const explain = (place: string, options = {}) => explainCell([at], options, place);
  refused(() => explain('backprob,score'), "the table has no row 'backprob'; did you mean 'backprop'?");
  refused(() => explain('xyzzy,score'), "no row 'xyzzy'; there are backprop, feedback-alignment");
  refused(
    () => explain('backprop,xyzzy'),
    "no column 'xyzzy'; there are score, difference, examples-per-second",
  );
  refused(() => explain('backprop'), "--explain 'backprop' must be a row and a column");
});

test('rows and columns go by labels with commas, by ids, and by several axes', () => {
  const compared = [
    { ...condition('backprop', { learningRate: [0.1, 0.2] }, 'one'), label: 'backprop learningRate=0.1,0.2' },
  ];
  const at = storeComparison(join(folder, 'labels'), [run('backprop', 1, [5], { condition: 'one' })], {
    conditions: compared,
  });
  const seedsOf = (place: string, options = {}) =>
    explainCell([at], options, place).cell.runs.map(({ run }) => run.seed);
  assert.equal(seedsOf('backprop learningRate=0.1,0.2,score'), [1, 2, 3]);
  assert.equal(seedsOf('one,score'), [1, 2, 3]);
  assert.equal(
    seedsOf('backprop/100,0.1, 0.2', { rows: ['rule', 'batch'], columns: ['learning-rate'] }),
    [1, 2, 3],
  );
  const several = { rows: ['rule'], columns: ['seed'], measures: ['score', 'examples'] };
  assert.equal(seedsOf('backprop,2/score', several), [2]);
});

test.run();

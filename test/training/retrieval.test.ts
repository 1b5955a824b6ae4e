import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, loadDataset, makePatterns } from '../../data/index.ts';
import { type Table, UserError } from '../../kernels/index.ts';
import { defineRule, findRule, type RuleDefinition } from '../../rules/index.ts';
import {
  createTrainer,
  type EpochRecord,
  epochOrder,
  findTask,
  resolveCondition,
  type SettingsInput,
} from '../../training/index.ts';
import { drawCues } from '../../training/tasks/retrieval.ts';
import { openCpu } from './parts.ts';

const BITS = 40;
const DATASET = makePatterns(BITS, 300, 2);

const rowOf = ({ values, columns }: Table, n: number): number[] => [
  ...values.subarray(n * columns, (n + 1) * columns),
];
const different = (a: readonly number[], b: readonly number[]): number =>
  a.filter((x, i) => x !== b[i]).length;

const cuesOf = (argument: string, examples: number | null, seed = 1, dataset = DATASET) => {
  const { settings } = resolveCondition(findRule('hopfield'), {
    settings: { layers: [BITS, BITS], examples },
  });
  return drawCues({ kernels: { seed } as never, dataset, settings, argument });
};

test('the patterns that are asked for are the first of the order of the seed, and no others', () => {
  const order = epochOrder(4, 0, 300);
  const { patterns, cues } = cuesOf('flips-10', 20, 4);
  assert.equal([patterns.count, cues.count], [20, 20]);
  for (let n = 0; n < 20; n++) assert.equal(rowOf(patterns, n), rowOf(DATASET.train.images, order[n]!));
  const { patterns: all } = cuesOf('flips-10', null, 4);
  assert.is(all.count, 256);
  for (let n = 0; n < 256; n++)
    assert.equal(rowOf(all, n), rowOf(DATASET.train.images, order[Math.floor((n * 300) / 256)]!));
});

test('flips invert so many pixels of each pattern, at places of its own', () => {
  for (const [percent, count] of [
    [0, 0],
    [10, 4],
    [50, 20],
  ]) {
    const { patterns, cues } = cuesOf(`flips-${percent}`, 50);
    const places = new Set<string>();
    for (let n = 0; n < 50; n++) {
      const [pattern, cue] = [rowOf(patterns, n), rowOf(cues, n)];
      assert.is(different(pattern, cue), count);
      places.add(`${pattern.map((x, i) => x !== cue[i])}`);
    }
    assert.ok(count === 0 ? places.size === 1 : places.size > 45);
  }
  // Where the first cue is inverted.
  const placesOf = (seed: number): string => {
    const { patterns, cues } = cuesOf('flips-10', 9, seed);
    const cue = rowOf(cues, 0);
    return `${rowOf(patterns, 0).map((x, i) => x !== cue[i])}`;
  };
  assert.is(placesOf(1), placesOf(1));
  assert.is.not(placesOf(1), placesOf(2));
});

test('the lower half is dark, or the mean of what is stored', () => {
  const [dark, mean] = [cuesOf('lower-half', 3), cuesOf('lower-half-mean', 3)];
  for (let n = 0; n < 3; n++) {
    const pattern = rowOf(dark.patterns, n);
    assert.equal(rowOf(dark.cues, n), [...pattern.slice(0, 20), ...new Array(20).fill(0)]);
    assert.equal(rowOf(mean.cues, n).slice(0, 20), pattern.slice(0, 20));
  }
  const stored = [0, 1, 2].map((n) => rowOf(mean.patterns, n));
  const means = stored[0]!.map((_, i) => Math.round(stored.reduce((sum, row) => sum + row[i]! / 3, 0)));
  assert.equal(rowOf(mean.cues, 1).slice(20), means.slice(20));
});

const hopfield = findRule('hopfield');

/** A memory that answers with the cue, in which so many pixels are inverted. */
const inverting = (wrong: number) =>
  defineRule({
    ...hopfield,
    name: 'inverting',
    build(context) {
      const { kernels: k, network } = context;
      const memory = hopfield.build(context);
      const { size } = network.populations[0]!;
      const values = Float32Array.from({ length: size }, (_, i) => i);
      const numbers = k.state('numbers of pixels', 1, size, values);
      return {
        learn: (batch) => memory.learn(batch),
        respond: (input) => [k.map((x, i, wrong) => (i < wrong ? 1 - x : x), input, numbers, wrong)],
      };
    },
  });

async function scoreOf(
  rule: RuleDefinition,
  task: string,
  dataset: Dataset,
  examples: number,
): Promise<EpochRecord> {
  const layers = [dataset.width, dataset.width];
  const device = await openCpu();
  const trainer = await createTrainer({ rule, task, dataset, device, settings: { layers, examples } });
  const records: EpochRecord[] = [];
  for await (const record of trainer.epochs()) records.push(record);
  await trainer.dispose();
  assert.is(records.length, 1);
  return records[0]!;
}

test('a pattern is recalled as long as at most 1.5 % of its pixels are wrong', async () => {
  const dataset = makePatterns(200, 20, 1);
  for (const [wrong, score] of [
    [0, 0],
    [2, 0],
    [4, 100],
    [200, 100],
  ] as const) {
    const record = await scoreOf(inverting(wrong), 'retrieval:flips-0', dataset, 10);
    assert.equal([record.testScore, record.trainScore], [score, null]);
  }
});

test('test images have no part in the score', async () => {
  const { testScore } = await scoreOf(hopfield, 'retrieval:flips-10', DATASET, 8);
  const other = { ...DATASET, test: DATASET.train };
  assert.is((await scoreOf(hopfield, 'retrieval:flips-10', other, 8)).testScore, testScore);
  assert.ok(testScore! > 0 && testScore! < 100, `${testScore}`);
});

test('any rule whose outputs are pixels goes with it', async () => {
  const { testScore } = await scoreOf(findRule('backprop'), 'retrieval:flips-10', DATASET, 100);
  assert.ok(testScore! > 0 && testScore! <= 100);
});

/** Half recalled, in patterns stored, by straight lines between loads in the order of their logarithms. */
async function halfLoad(
  rule: string,
  options: Record<string, unknown>,
  loads: readonly number[],
): Promise<number> {
  const dataset = await loadDataset('patterns:64');
  let before: [number, number] = [Number.NaN, 0];
  for (const load of loads) {
    const device = await openCpu();
    const settings = { layers: [64, 64], examples: load };
    const trainer = await createTrainer({
      rule,
      options,
      task: 'retrieval:flips-10',
      dataset,
      device,
      settings,
    });
    let score = Number.NaN;
    for await (const record of trainer.epochs()) score = record.testScore!;
    await trainer.dispose();
    if (score >= 50) {
      const [less, low] = before;
      return Math.exp(Math.log(less) + ((50 - low) / (score - low)) * Math.log(load / less));
    }
    before = [load, score];
  }
  return Number.POSITIVE_INFINITY;
}

test('the load at half recall grows more than 8-fold from n = 2 to 3, 4-fold from 3 to 4, and 6-fold with an astrocyte', async () => {
  const dense = (power: number, loads: readonly number[]) =>
    halfLoad('dense-associative-memory', { power, sweeps: 6 }, loads);
  const two = await dense(2, [7, 10, 14, 20]);
  const three = await dense(3, [160, 226, 320]);
  const four = await dense(4, [1280, 1810, 2560, 3620]);
  const astrocyte = await halfLoad('neuron-astrocyte', {}, [Math.ceil(6 * two)]);
  assert.ok(four < 3620);
  assert.ok(three > 8 * two, `${two} ${three}`);
  assert.ok(four > 4 * three, `${three} ${four}`);
  assert.ok(astrocyte > 6 * two, `${astrocyte}`);
});

test('what does not go with it is refused with a sentence', () => {
  const check = (argument: string, settings: SettingsInput, dataset: Dataset = DATASET) => {
    const { definition } = findTask(`retrieval:${argument}`);
    const condition = resolveCondition(
      findRule('backprop'),
      { settings: { layers: [BITS, BITS], ...settings } },
      {},
      definition,
    );
    const rule = findRule('backprop');
    definition.check({ argument, dataset, settings: condition.settings, definition: rule, options: {} });
  };
  check('flips-10', {});
  for (const [argument, settings, message, dataset] of [
    ['half', {}, /^the task 'retrieval' knows no corruption 'half': write retrieval:flips-10/],
    ['flips-51', {}, /knows no corruption 'flips-51'/],
    ['flips-10', { layers: [BITS, 10] }, /^layers: the last size is 10, but .* 40 pixels to be recalled$/],
    ['flips-10', { loss: 'cross-entropy' }, /^loss: pixels are no classes/],
    ['flips-10', { seconds: 1 }, /^seconds: --task retrieval has to know which images a run stores/],
    ['flips-10', { multiplyAccumulates: 1e9 }, /^multiply-accumulates: --task retrieval/],
    ['flips-10', { batch: 7 }, /^batch: 300 images .* no whole number of minibatches of 7/],
    [
      'flips-10',
      { examples: 301, batch: 1 },
      /^examples: .* has 300 images, so 301 of them cannot be stored/,
    ],
    ['flips-10', {}, /^validation: --task retrieval scores/, { ...DATASET, validation: DATASET.test }],
  ] as [string, SettingsInput, RegExp, Dataset?][])
    assert.throws(
      () => check(argument, settings, dataset),
      (error: Error) => error instanceof UserError && message.test(error.message),
      `${message}`,
    );
});

test('a memory is for this task alone', async () => {
  await createTrainer({
    rule: 'hopfield',
    dataset: DATASET,
    task: 'reconstruct',
    device: await openCpu(),
    // As given: that these layers are none of a memory is not what is wrong first.
    settings: { layers: [BITS, 8, BITS], loss: 'squared-error' },
  }).then(
    () => assert.unreachable(),
    (error: Error) => {
      assert.instance(error, UserError);
      assert.is(
        error.message,
        "the rule 'hopfield' is for the task 'retrieval' alone, not for 'reconstruct': choose --task retrieval:<corruption>, or leave the rule out",
      );
    },
  );
  assert.throws(
    () => resolveCondition({ ...findRule('hopfield'), onlyTask: 'own' }, {}, {}, { name: 'classify' }),
    /is for the task 'own' alone, not for 'classify': choose --task own, or leave the rule out$/,
  );
});

test.run();

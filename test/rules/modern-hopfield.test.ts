import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../kernels/index.ts';
import type { AssociativeNetwork } from '../../networks/index.ts';
import { findRule } from '../../rules/index.ts';
import { buildNetwork, buildRule, float64, networkSettings, runOnce } from '../support.ts';
import type { Matrix } from './by-hand.ts';
import { dot, rowsOf } from './memory-by-hand.ts';

const RULE = findRule('modern-hopfield');

/** Rows of numbers from a distribution of its own. */
const numbers = (name: string, count: number, size: number): Matrix =>
  rowsOf([...new RandomStream(5, name).normal(count * size, 0, 1)], size);
const pixels = (name: string, count: number, size: number): Matrix =>
  rowsOf([...new RandomStream(5, name).uniform(count * size, 0, 1)], size);

/** A memory whose patterns are written in place, and what it gives for cues. */
async function recall(patterns: Matrix, cues: Matrix, options: Record<string, unknown>): Promise<number[][]> {
  const { device, k } = float64();
  const size = patterns[0]!.length;
  const settings = networkSettings({ layers: [size, size] });
  const network = buildNetwork(
    RULE,
    k,
    settings,
    options,
    1,
    patterns.length,
  ) as unknown as AssociativeNetwork;
  const rule = buildRule(RULE, network, k, options);
  device.values(network.memory.weights).set(patterns.flat());
  const cue = k.state('cues', cues.length, size);
  device.values(cue).set(cues.flat());
  const answer = k.state('answer', cues.length, size);
  await runOnce(k, () => {
    k.mapInto(answer, (y) => y, rule.respond!(cue)[0]!);
  });
  return rowsOf([...device.values(answer)], size);
}

const unit = (row: readonly number[]): number[] => row.map((x) => x / Math.sqrt(dot(row, row)));
const meanOf = (rows: Matrix): number[] =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]! / rows.length, 0));

/** What overlaps are of, by each preprocessing. */
const PREPROCESSED: Readonly<Record<string, (rows: Matrix, stored: Matrix) => Matrix>> = {
  raw: (rows) => rows,
  scaled: (rows) => rows.map((row) => row.map((x) => 2 * x - 1)),
  unit: (rows) => rows.map(unit),
  centred: (rows, stored) => {
    const mean = meanOf(stored);
    return rows.map((row) => unit(row.map((x, i) => x - mean[i]!)));
  },
};

const softmax = (values: readonly number[]): number[] => {
  const most = Math.max(...values);
  const powers = values.map((v) => Math.exp(v - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
};
const mixture = (shares: readonly number[], rows: Matrix): number[] =>
  rows[0]!.map((_, i) => rows.reduce((sum, row, n) => sum + shares[n]! * row[i]!, 0));

for (const [preprocessing, of] of Object.entries(PREPROCESSED)) {
  const patterns = pixels('patterns', 30, 12);
  const cues = pixels('cues', 15, 12);
  const [keys, queries] = [of(patterns, patterns), of(cues, patterns)];

  test(`${preprocessing}: two steps are those of its formula`, async () => {
    const beta = 7;
    const expected = queries.map((query) => {
      const once = mixture(softmax(keys.map((key) => beta * dot(key, query))), keys);
      return mixture(softmax(keys.map((key) => beta * dot(key, once))), patterns);
    });
    const seen = await recall(patterns, cues, { preprocessing, beta, steps: 2 });
    for (const [n, row] of seen.entries())
      for (const [i, y] of row.entries()) assert.ok(Math.abs(y - expected[n]![i]!) < 1e-12);
  });

  test(`${preprocessing}: for large beta each answer is the pattern of the largest overlap`, async () => {
    const seen = await recall(patterns, cues, { preprocessing, beta: 1e6 });
    for (const [n, row] of seen.entries()) {
      const overlaps = keys.map((key) => dot(key, queries[n]!));
      const nearest = patterns[overlaps.indexOf(Math.max(...overlaps))]!;
      for (const [i, y] of row.entries()) assert.ok(Math.abs(y - nearest[i]!) < 1e-9);
    }
  });
}

/** Patterns of length 8 in 64 dimensions, and cues with noise of half of that. */
const SPHERE = numbers('sphere', 1000, 64).map((row) => unit(row).map((x) => 8 * x));
const NOISY = SPHERE.slice(0, 10).map((row, n) => {
  const noise = unit(numbers(`noise ${n}`, 1, 64)[0]!);
  return row.map((x, i) => x + 4 * noise[i]!);
});
const raw = (beta: number, steps: number) => recall(SPHERE, NOISY, { preprocessing: 'raw', beta, steps });
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0));
const errorOf = (rows: Matrix): number =>
  rows.reduce((sum, row, n) => sum + distance(row, SPHERE[n]!) / 8 / rows.length, 0);

test('the energy never rises from step to step', async () => {
  for (const beta of [0.1, 0.25]) {
    const energy = (x: readonly number[]) => {
      const overlaps = SPHERE.map((key) => beta * dot(key, x));
      const most = Math.max(...overlaps);
      const sum = overlaps.reduce((sum, o) => sum + Math.exp(o - most), 0);
      return -(most + Math.log(sum)) / beta + dot(x, x) / 2;
    };
    let before = NOISY.map(energy);
    for (const steps of [1, 2, 3, 5]) {
      const after = (await raw(beta, steps)).map(energy);
      for (const [n, e] of after.entries())
        assert.ok(e <= before[n]! + 1e-9, `beta ${beta}: ${e} ${before[n]}`);
      before = after;
    }
  }
});

test('one step is enough where patterns lie apart, and leads to the mean of all where beta is small', async () => {
  assert.ok(errorOf(await raw(0.25, 1)) < 1e-2);
  const [once, twice] = [errorOf(await raw(0.1, 1)), errorOf(await raw(0.1, 2))];
  assert.ok(twice > once, `${once} ${twice}`);
});

test.run();

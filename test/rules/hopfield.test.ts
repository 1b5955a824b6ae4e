import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { Kernels, UserError } from '../../kernels/index.ts';
import { findRule } from '../../rules/index.ts';
import { resolveCondition } from '../../training/index.ts';
import { float64 } from '../support.ts';
import type { Matrix } from './by-hand.ts';
import {
  allStates,
  denseEnergy,
  descend,
  dot,
  type Memory,
  memoryOf,
  randomSigns,
  rowsOf,
  turned,
} from './memory-by-hand.ts';

const store = (patterns: Matrix, options: Record<string, unknown> = {}): Promise<Memory> =>
  memoryOf('hopfield', patterns, options, float64());

const near = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => Math.abs(x - b[i]!) < 1e-6);

test('hebbian weights are the sums of outer products, and biases those of the patterns, by a power of two', async () => {
  const patterns = randomSigns('patterns', 5, 7);
  const memory = await store(patterns);
  const sums = (i: number, j: number) => patterns.reduce((sum, xi) => sum + (xi[i]! * xi[j]!) / 8, 0);
  assert.equal(
    rowsOf(await memory.read('weights 1'), 7),
    patterns[0]!.map((_, i) => patterns[0]!.map((_, j) => sums(i, j))),
  );
  assert.equal(
    await memory.read('bias 1'),
    patterns[0]!.map((_, i) => patterns.reduce((sum, xi) => sum + xi[i]! / 8, 0)),
  );
});

test('a hebbian synapse sees the two neurons that it joins, and no others', async () => {
  const [pattern] = randomSigns('one', 1, 9) as [number[]];
  const other = pattern.map((s, i) => (i === 4 ? -s : s));
  const [before, after] = [await store([pattern]), await store([other])];
  const weights = await after.read('weights 1');
  for (const [at, w] of (await before.read('weights 1')).entries()) {
    const [i, j] = [Math.floor(at / 9), at % 9];
    assert.is(weights[at], (i === 4) !== (j === 4) ? -w : w);
  }
});

test('storkey weights are those of its formula, synapse by synapse', async () => {
  const size = 8;
  const patterns = randomSigns('patterns', 6, size);
  const w = patterns[0]!.map(() => new Array<number>(size).fill(0));
  for (const xi of patterns) {
    const before = w.map((row) => [...row]);
    const h = (i: number, j: number) =>
      xi.reduce((sum, x, k) => (k === i || k === j ? sum : sum + before[i]![k]! * x), 0);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        if (i !== j) w[i]![j]! += (xi[i]! * xi[j]! - xi[i]! * h(j, i) - h(i, j) * xi[j]!) / size;
  }
  const memory = await store(patterns, { storage: 'storkey' });
  assert.ok(near(await memory.read('weights 1'), w.flat()));
});

test('pseudo-inverse weights are the projection onto the patterns, which are all fixed', async () => {
  const size = 16;
  const patterns = randomSigns('patterns', 12, size);
  const memory = await store([...patterns, patterns[3]!], { storage: 'pseudo-inverse' });
  const w = rowsOf(await memory.read('weights 1'), size);
  for (const xi of patterns)
    assert.ok(
      near(
        w.map((row) => dot(row, xi)),
        xi,
      ),
    );
  for (const [i, row] of w.entries())
    for (const [j, x] of row.entries()) {
      assert.ok(Math.abs(x - w[j]![i]!) < 1e-6, 'symmetric');
      assert.ok(Math.abs(x - dot(row, w[j]!)) < 1e-6, 'a projection');
    }
  const rank = w.reduce((sum, row, i) => sum + row[i]!, 0);
  assert.ok(Math.abs(rank - 12) < 1e-5, 'a pattern that is known adds nothing');
});

test('centred potentials are those of covariances, from the mean on', async () => {
  const size = 12;
  // Dark patterns, as images are.
  const patterns = randomSigns('dark', 5, size).map((xi, n) =>
    xi.map((s, i) => ((i + n) % 3 === 0 ? s : -1)),
  );
  const count = patterns.length;
  const mean = patterns[0]!.map((_, i) => patterns.reduce((sum, xi) => sum + xi[i]! / count, 0));
  const covariance = (i: number, j: number) =>
    patterns.reduce((sum, xi) => sum + (xi[i]! - mean[i]!) * (xi[j]! - mean[j]!), 0) / count;
  const cues = turned(patterns, 2);
  const expected = cues.map((cue) => {
    const s = [...cue];
    for (const i of s.keys()) {
      const h = s.reduce((sum, x, j) => (j === i ? sum : sum + covariance(i, j) * (x - mean[j]!)), 0);
      if (Math.abs(h) > 1e-9) s[i] = Math.sign(h);
    }
    return s;
  });
  const memory = await store(patterns, { storage: 'centred', sweeps: 1 });
  assert.equal((await memory.recall(cues)).states, expected);
});

for (const size of [12, 37])
  test(`neurons change one after the other, each to the lower energy: ${size} neurons`, async () => {
    const patterns = randomSigns('patterns', 9, size);
    const cues = randomSigns('cues', 20, size);
    const energy = (s: readonly number[]) => denseEnergy(patterns, s, 2);
    const memory = await store(patterns);
    let [before, settled] = [cues.map(energy), false];
    for (const sweeps of [1, 2, 3, 20]) {
      const { states, residual } = await memory.recall(cues, { sweeps });
      assert.equal(
        states,
        cues.map((cue) => descend(cue, sweeps, energy)),
      );
      const after = states.map(energy);
      assert.ok(
        after.every((e, n) => e <= before[n]!),
        'energies never rise',
      );
      before = after;
      settled = residual!.flat().every((r) => r === 0);
    }
    assert.ok(settled, 'and settle');
  });

test('of all states of ten neurons, the one of the lowest energy is stored, and stays', async () => {
  const patterns = randomSigns('two', 2, 10);
  const energies = allStates(10).map((s) => denseEnergy(patterns, s, 2));
  const least = Math.min(...energies);
  const best = allStates(10).filter((_, n) => energies[n] === least);
  const memory = await store(patterns);
  assert.equal((await memory.recall(best)).states, best);
  for (const s of best)
    assert.ok(
      patterns.some((xi) => Math.abs(dot(xi, s)) === 10),
      'a pattern, or its negative',
    );
});

test('updates all at once may cycle between two states, and then have not settled', async () => {
  const memory = await store([[1, 1]]);
  const cue = [[1, -1]];
  const odd = await memory.recall(cue, { updates: 'synchronous', sweeps: 3 });
  const even = await memory.recall(cue, { updates: 'synchronous', sweeps: 4 });
  assert.equal([odd.states, even.states], [[[-1, 1]], [[1, -1]]]);
  assert.equal(even.residual, [[2, -2]]);
  const one = await memory.recall(cue, { sweeps: 4 });
  assert.equal([one.states, one.residual], [[[-1, -1]], [[0, 0]]]);
});

test('the cpu recalls what float64 does, to the bit', async () => {
  const patterns = randomSigns('patterns', 9, 30);
  const cues = turned(patterns, 4);
  const device = await openDevice({ device: 'cpu', blas: 'none' });
  const [cpu, reference] = [
    await memoryOf('hopfield', patterns, {}, { device, k: new Kernels(device, 1) }),
    await store(patterns),
  ];
  assert.equal((await cpu.recall(cues)).states, (await reference.recall(cues)).states);
  await device.dispose();
});

test('what stores otherwise than at once, or in other layers, is refused with a sentence', () => {
  const rule = findRule('hopfield');
  const layers = [16, 16];
  for (const [settings, message] of [
    [
      { layers: [16, 8, 16] },
      /^layers: a memory for patterns \(--task retrieval\) has as many outputs as inputs and nothing between/,
    ],
    [
      { layers, batch: 5 },
      /^batch: the rule 'hopfield' stores one pattern after the other, .* not 5; leave it out$/,
    ],
    [{ layers, learningRate: 0.1 }, /^learningRate: .* is 1, not 0.1/],
    [{ layers, optimizer: 'adam' }, /^optimizer: .* is sgd, not adam/],
  ] as const)
    assert.throws(
      () => resolveCondition(rule, { settings }),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
});

test.run();

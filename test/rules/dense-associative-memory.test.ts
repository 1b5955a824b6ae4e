import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { Kernels } from '../../kernels/index.ts';
import { float64 } from '../support.ts';
import type { Matrix } from './by-hand.ts';
import {
  allStates,
  denseEnergy,
  descend,
  type Memory,
  memoryOf,
  randomSigns,
  rowsOf,
  turned,
} from './memory-by-hand.ts';

const NAME = 'dense-associative-memory';
const store = (patterns: Matrix, options: Record<string, unknown>): Promise<Memory> =>
  memoryOf(NAME, patterns, options, float64());

test('each memory neuron gets a pattern, one after the other, and then another one', async () => {
  const patterns = randomSigns('patterns', 4, 6);
  const memory = await store(patterns, {});
  assert.equal(rowsOf(await memory.read('weights 1'), 6), patterns);
  const full = await memoryOf(NAME, patterns, {}, float64(), 3);
  assert.equal(rowsOf(await full.read('weights 1'), 6), [patterns[3], patterns[1], patterns[2]]);
});

for (const size of [24, 37])
  test(`with n = 2 it is the Hopfield network, to the bit: ${size} neurons`, async () => {
    const patterns = randomSigns('patterns', 10, size);
    const cues = [...randomSigns('cues', 20, size), ...turned(patterns, 3)];
    for (const open of [
      async () => float64(),
      async () => {
        const device = await openDevice({ device: 'cpu', blas: 'none' });
        return { device, k: new Kernels(device, 1) };
      },
    ]) {
      const dense = await memoryOf(NAME, patterns, { power: 2 }, await open());
      const classical = await memoryOf('hopfield', patterns, {}, await open());
      for (const sweeps of [1, 2, 5]) {
        const [own, wanted] = [
          await dense.recall(cues, { sweeps }),
          await classical.recall(cues, { sweeps }),
        ];
        assert.equal(own, wanted);
      }
    }
  });

for (const [power, rectified] of [
  [2, true],
  [3, false],
  [3, true],
  [4, false],
  [5, false],
  [20, true],
] as const)
  test(`n = ${power}${rectified ? ', rectified' : ''}: neurons change one after the other, each to the lower energy`, async () => {
    const size = 11;
    const patterns = randomSigns('patterns', 15, size);
    const cues = randomSigns('cues', 20, size);
    const energy = (s: readonly number[]) => denseEnergy(patterns, s, power, rectified);
    const memory = await store(patterns, { power, rectified });
    let before = cues.map(energy);
    for (const sweeps of [1, 2, 10]) {
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
      if (sweeps === 10) assert.ok(residual!.flat().every((r) => r === 0));
    }
  });

/** x, y and x XOR y. */
const XOR: Matrix = [
  [-1, -1, -1],
  [-1, 1, 1],
  [1, -1, 1],
  [1, 1, -1],
];

test('XOR has no energy with n = 2, and has its own with n = 3', async () => {
  const states = allStates(3);
  const all = new Set(states.map((s) => denseEnergy(XOR, s, 2)));
  assert.is(all.size, 1);
  assert.equal((await (await store(XOR, { power: 2 })).recall(states)).states, states);
  const { states: ends } = await (await store(XOR, { power: 3 })).recall(states);
  for (const end of ends) assert.ok(XOR.some((xi) => `${xi}` === `${end}`));
  assert.equal((await (await store(XOR, { power: 3 })).recall(XOR)).states, XOR);
});

test('more patterns than neurons are recalled with n = 4, where n = 2 recalls none of them', async () => {
  const size = 32;
  const patterns = randomSigns('many', 60, size);
  const cues = turned(patterns, 3);
  const recalled = async (power: number) => {
    const { states } = await (await store(patterns, { power, sweeps: 3 })).recall(cues);
    return states.filter((s, n) => `${s}` === `${patterns[n]}`).length;
  };
  assert.is(await recalled(4), 60);
  assert.is(await recalled(2), 0);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learnedOf } from './learned.ts';
import { type Change, DENSE, FELT, moved, ROUNDING, seesMagnitudes } from './locality-cases.ts';

const [INPUTS, MEMORIES, CLASSES] = [5, 6, 3];
const { title } = DENSE;
const inputs = [0, 1, 2, 3, 4];

function swap(values: Float64Array, size: number, stride: number, count: number, i: number, j: number): void {
  for (let n = 0; n < count; n++) {
    const [a, b] = [n * stride + i * size, n * stride + j * size];
    [values[a], values[b]] = [values[b]!, values[a]!];
  }
}

test(`${title}: two inputs change places with their weights, which other synapses do not see`, async () => {
  const { synapse } = await moved(DENSE, (values) => {
    swap(values('input'), 1, INPUTS, 1, 2, 3);
    for (let mu = 0; mu < MEMORIES; mu++) swap(values('weights 1').subarray(mu), MEMORIES, 0, 1, 2, 3);
  });
  const most = (some: readonly number[]) =>
    Math.max(...some.flatMap((i) => Array.from({ length: MEMORIES }, (_, mu) => synapse(i, mu)!)));
  assert.ok(most([0, 1, 4]) < ROUNDING);
  assert.ok(most([2, 3]) > FELT, 'its own input');
});

test(`${title}: two memories change places, which synapses of other memories do not see`, async () => {
  const { synapse } = await moved(DENSE, (values) => {
    swap(values('weights 1'), 1, MEMORIES, INPUTS, 1, 4);
    for (let a = 0; a < CLASSES; a++) swap(values('weights 2').subarray(a), CLASSES, 0, 1, 1, 4);
  });
  const most = (memories: readonly number[]) =>
    Math.max(...memories.flatMap((mu) => inputs.map((i) => synapse(i, mu)!)));
  assert.ok(most([0, 2, 3, 5]) < ROUNDING);
  assert.ok(most([1, 4]) > FELT, 'its own weights');
});

test(`${title}: weights for class units are seen, and what other memories make of the answer`, async () => {
  const own: Change = (values) => {
    const w = values('weights 2');
    w.set(w.map((w, i) => (i < CLASSES ? 0.5 * w : w)));
  };
  const { synapse } = await moved(DENSE, own);
  assert.is(seesMagnitudes(DENSE), true);
  for (const mu of [0, 1]) assert.ok(Math.max(...inputs.map((i) => synapse(i, mu)!)) > FELT, `memory ${mu}`);
});

test(`${title}: of other synapses of its memory one sees the largest change`, async () => {
  const directions = async (factor: number) => {
    const { own } = await learnedOf(DENSE.rule, {
      ...DENSE,
      batch: 1,
      set: (values) => {
        // The pixel is larger and its weights are smaller, so that overlaps stay.
        const [x, w] = [values('input'), values('weights 1')];
        x[4] = (factor * 9 + 1) / 2;
        for (let mu = 0; mu < MEMORIES; mu++) w[4 * MEMORIES + mu] = w[4 * MEMORIES + mu]! / factor;
      },
    });
    return own[0]!;
  };
  const [before, after] = [await directions(1), await directions(4)];
  // Memories without an overlap do not change.
  const changing = before.subarray(0, MEMORIES).reduce((count, d) => count + Number(d !== 0), 0);
  assert.ok(changing > 2);
  for (const [at, d] of before.subarray(0, 4 * MEMORIES).entries())
    assert.ok(Math.abs(d - 4 * after[at]!) < ROUNDING, 'a quarter of the change');
});

test.run();

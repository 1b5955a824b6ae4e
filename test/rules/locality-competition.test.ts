import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learnedOf } from './learned.ts';
import { type Change, COMPETING, FELT, moved, ROUNDING } from './locality-cases.ts';

const [INPUTS, HIDDEN] = [5, 6];
const { title } = COMPETING;

test(`${title}: nothing of the layers above is seen, nor the target`, async () => {
  const { most } = await moved(COMPETING, (values) => {
    for (const name of ['weights 2', 'weights 3', 'bias 3', 'target'])
      values(name).set(values(name).map((w, i) => (i % 2 === 0 ? -3 : 0.5) * w + 0.1));
  });
  assert.is(most[0], 0);
  assert.ok(most[1]! > FELT, 'its own weights');
});

/** Two inputs change places, and so do the weights that lead from them: overlaps stay. */
const swapInputs: Change = (values) => {
  const [x, w] = [values('input'), values('weights 1')];
  const [before, rows] = [x.slice(), w.slice()];
  for (const [i, j] of [
    [2, 3],
    [3, 2],
  ] as const) {
    x[i] = before[j]!;
    w.set(rows.subarray(j * HIDDEN, (j + 1) * HIDDEN), i * HIDDEN);
  }
};

test(`${title}: a synapse does not see the input of its neighbours`, async () => {
  const { synapse } = await moved(COMPETING, swapInputs);
  const most = (inputs: readonly number[]) =>
    Math.max(...inputs.flatMap((i) => [0, 1, 2, 3, 4, 5].map((j) => synapse(i, j)!)));
  assert.ok(most([0, 1, 4]) < ROUNDING);
  assert.ok(most([2, 3]) > FELT, 'its own input');
});

/** The order of the overlaps in the first hidden layer, the largest first; p = 2. */
function orderOf(x: ArrayLike<number>, w: ArrayLike<number>): number[] {
  const overlap = Array.from({ length: HIDDEN }, (_, j) =>
    Array.from({ length: INPUTS }, (_, i) => x[i]! * w[i * HIDDEN + j]!).reduce((sum, v) => sum + v, 0),
  );
  return overlap.map((_, j) => j).sort((a, b) => overlap[b]! - overlap[a]!);
}

const scaled =
  (neuron: number, factor: number): Change =>
  (values) => {
    const w = values('weights 1');
    for (let i = 0; i < INPUTS; i++) w[i * HIDDEN + neuron] = factor * w[i * HIDDEN + neuron]!;
  };

test(`${title}: of other neurons a synapse sees its rank among them, and the largest change`, async () => {
  const { values } = await learnedOf(COMPETING.rule, { ...COMPETING, batch: 1 });
  const order = orderOf(values('input'), values('weights 1'));
  const [first, second, last] = [order[0]!, order[1]!, order.at(-1)!];
  const shift = async (change: Change) => {
    const { synapse } = await moved(COMPETING, change);
    return (j: number) => Math.max(...[0, 1, 2, 3, 4].map((i) => synapse(i, j)!));
  };
  // A neuron that stays the last
  const quiet = await shift(scaled(last, 1.2));
  for (let j = 0; j < HIDDEN; j++) assert.ok(quiet(j) < ROUNDING, `onto neuron ${j}`);
  // The last becomes the first: the first is the second now, and the second no longer changes.
  const loud = await shift(scaled(last, -100));
  assert.ok(loud(first) > FELT && loud(second) > FELT && loud(last) > FELT);
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learnedOf } from './learned.ts';
import { type Case, type Change, FELT, ROUNDING, SELF_SUPERVISED } from './locality-cases.ts';

const [INPUTS, HIDDEN] = [5, 6];
const ALL = [0, 1, 2, 3, 4, 5];
const none: Change = () => {};

/** How far directions move for several images: a layer that learns from one alone has no variances, and no other image. */
async function moved({ rule, options }: Case, change: Change, start = none) {
  const before = await learnedOf(rule, { options, set: start });
  const after = await learnedOf(rule, {
    options,
    set: (values, network) => {
      start(values, network);
      change(values, network);
    },
  });
  const by = (l: number, i: number) => Math.abs(before.own[l]![i]! - after.own[l]![i]!);
  return {
    most: [0, 1].map((l) => Math.max(...before.own[l]!.map((_, i) => by(l, i)))),
    synapse: (i: number, j: number) => by(0, i * HIDDEN + j),
  };
}

/** Two inputs change places, and so do the weights that lead from them: potentials stay. */
const swapInputs: Change = (values) => {
  const [x, w] = [values('input'), values('weights 1')];
  for (let b = 0; b < x.length; b += INPUTS) x.subarray(b + 2, b + 4).reverse();
  const rows = [2, 3].map((i) => w.slice(i * HIDDEN, (i + 1) * HIDDEN));
  w.set(rows[1]!, 2 * HIDDEN);
  w.set(rows[0]!, 3 * HIDDEN);
};

const changeNeuron: Change = (values) => {
  values('bias 1')[3] = values('bias 1')[3]! + 0.8;
};

/** Neuron 3 has no part in predictions. */
const unlinked: Change = (values) => {
  const name = 'prediction in hidden 1';
  values(name).set(values(name).map((p, n) => (n % HIDDEN === 3 || Math.floor(n / HIDDEN) === 3 ? 0 : p)));
};

for (const one of SELF_SUPERVISED) {
  test(`${one.title}: nothing of the layers above is seen, nor the target`, async () => {
    const { most } = await moved(one, (values) => {
      for (const name of ['weights 2', 'bias 2', 'weights 3', 'bias 3', 'target'])
        values(name).set(values(name).map((w, i) => (i % 2 === 0 ? -3 : 0.5) * w + 0.1));
    });
    assert.is(most[0], 0);
    assert.ok(most[1]! > FELT, 'its own weights');
  });

  test(`${one.title}: a synapse does not see the input of its neighbours`, async () => {
    const { synapse } = await moved(one, swapInputs);
    const most = (inputs: readonly number[]) =>
      Math.max(...inputs.flatMap((i) => ALL.map((j) => synapse(i, j))));
    assert.ok(most([0, 1, 4]) < ROUNDING);
    assert.ok(most([2, 3]) > FELT, 'its own input');
  });

  test(`${one.title}: other neurons of its layer are ${one.seesLayer ? 'seen' : 'not seen'}`, async () => {
    const { synapse } = await moved(
      one,
      changeNeuron,
      one.rule === 'clapp' && !one.seesLayer ? unlinked : none,
    );
    const others = Math.max(...[0, 1, 2, 4, 5].flatMap((j) => [0, 1, 2, 3, 4].map((i) => synapse(i, j))));
    assert.ok(one.seesLayer ? others > FELT : others < ROUNDING, `moved by ${others}`);
    if (one.rule === 'lpl') assert.ok(Math.max(...[0, 1, 2, 3, 4].map((i) => synapse(i, 3))) > FELT);
  });
}

test.run();

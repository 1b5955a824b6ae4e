import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../kernels/index.ts';
import type { LayeredNetwork, LayeredOptions } from '../../networks/index.ts';
import { RULES } from '../../rules/index.ts';
import { matrix, multiply, potentials } from './by-hand.ts';
import { lessonOf } from './lesson.ts';

/**
 * The ledger is held to what rules do: what it says a synapse does not see is changed, everything else is kept, and
 * the update must not move. Each change is made in float64 on one example, so that biases can undo what it does to
 * the potentials; what must not move then moves by rounding errors only.
 */
const ROUNDING = 1e-12;
const FELT = 1e-4;

type Values = (state: string) => Float64Array;
type Change = (values: Values, network: LayeredNetwork) => void;

const CASES = RULES.filter(({ network }) => network === 'layered').flatMap((rule) =>
  (rule.options.variant?.choices ?? [undefined]).map((variant) => ({
    rule,
    assumes: rule.assumes!,
    title: variant === undefined ? rule.name : `${rule.name}, ${variant}`,
    options: variant === undefined ? {} : { variant },
  })),
);
type Case = (typeof CASES)[number];

/** How far the direction of each hidden connection moves, in all and for single synapses. */
async function moved({ rule, options }: Case, change: Change, network: Partial<LayeredOptions> = {}) {
  const settings = { batch: 1, network, options };
  const before = await lessonOf(rule.name, settings);
  const after = await lessonOf(rule.name, { ...settings, set: change });
  const hidden = before.own.slice(0, -1);
  const by = (l: number, i: number) => Math.abs(hidden[l]![i]! - after.own[l]![i]!);
  return {
    learns: hidden.map((direction) => direction !== null),
    most: hidden.map((direction, l) => Math.max(0, ...(direction ?? []).map((_, i) => by(l, i)))),
    /** Of the synapse from neuron i below to neuron j in the first hidden layer; null if there is no direction. */
    synapse: (i: number, j: number) => hidden[0] && by(0, i * before.network.populations[1]!.size + j),
  };
}

function expectMoved(most: readonly number[], learns: readonly boolean[], expected: boolean, what: string) {
  for (const [l, size] of most.entries())
    if (learns[l])
      assert.ok(
        expected ? size > FELT : size < ROUNDING,
        `${what}: the update of connection ${l + 1} moved by ${size.toExponential(1)}`,
      );
}

/** Changes the weights of some connections, and their biases so that potentials, rates and errors stay. */
const changeKeepingActivity =
  (connections: readonly number[], f: (w: number, l: number, i: number) => number): Change =>
  (values, { connections: all }) => {
    const input = [[...values('input')]];
    const v = potentials(values, all, input, Math.tanh);
    for (const l of connections) {
      const rate = l === 0 ? input : v[l - 1]!.map((row) => row.map(Math.tanh));
      const { size } = all[l]!.to;
      const weights = values(`weights ${l + 1}`);
      const current = () => multiply(rate, matrix(weights, size))[0]!;
      const before = current();
      weights.set(weights.map((w, i) => f(w, l, i)));
      const after = current();
      const bias = values(`bias ${l + 1}`);
      bias.set(bias.map((b, j) => b + before[j]! - after[j]!));
    }
  };

const random = (name: string) => new RandomStream(11, name).uniform(100, 0.2, 3);
const sizes = [random('first'), random('second'), random('third')];

for (const one of CASES) {
  const { title, assumes } = one;
  const sees = assumes.weightTransport;

  test(`${title}: magnitudes of the weights above are ${sees === 'exact' ? 'seen' : 'not seen'}`, async () => {
    const change = changeKeepingActivity([1, 2], (w, l, i) => w * sizes[l]![i]!);
    const { most, learns } = await moved(one, change);
    // The weights of connection 2 are not above connection 2, so for it only those of connection 3 are changed.
    const top = await moved(
      one,
      changeKeepingActivity([2], (w, l, i) => w * sizes[l]![i]!),
    );
    expectMoved([most[0]!, top.most[1]!], learns, sees === 'exact', 'other magnitudes');
  });

  test(`${title}: signs of the weights above are ${['exact', 'signs'].includes(sees) ? 'seen' : 'not seen'}`, async () => {
    const flip = (w: number, _l: number, i: number) => (i % 2 === 0 ? -w : w);
    const below = await moved(one, changeKeepingActivity([1, 2], flip));
    const top = await moved(one, changeKeepingActivity([2], flip));
    expectMoved(
      [below.most[0]!, top.most[1]!],
      below.learns,
      ['exact', 'signs'].includes(sees),
      'other signs',
    );
  });

  test(`${title}: what the output layer does is ${assumes.twoWaySignals === 'none' ? 'not felt' : 'felt'} below`, async () => {
    const { most, learns } = await moved(one, (values) => values('bias 3').set([2, -1, 0.5]));
    expectMoved(most, learns, assumes.twoWaySignals !== 'none', 'another output error');
  });

  const seesTarget = assumes.locality.includes('target');
  test(`${title}: the target itself, beyond the error, is ${seesTarget ? 'seen' : 'not seen'}`, async () => {
    const shift = [0.7, -0.4, 1.1];
    const change: Change = (values) => {
      for (const state of ['bias 3', 'target']) values(state).set(values(state).map((v, j) => v + shift[j]!));
    };
    // With linear outputs and squared error, a shift of output and target leaves the error as it is.
    const { most, learns } = await moved(one, change, { loss: 'squared-error', outputActivation: 'linear' });
    expectMoved(most, learns, seesTarget, 'another target, the same error');
  });

  test(`${title}: a synapse does not see the input of its neighbours`, async () => {
    const { synapse } = await moved(one, (values, network) => {
      const to = network.populations[1]!.size;
      const [x, step] = [values('input'), 1.5];
      x[2] = x[2]! + step;
      const [weights, bias] = [values('weights 1'), values('bias 1')];
      // The current of input 2 grows, the biases shrink by as much.
      bias.set(bias.map((b, j) => b - step * weights[2 * to + j]!));
    });
    for (const i of [0, 1, 3, 4]) for (let j = 0; j < 6; j++) assert.ok((synapse(i, j) ?? 0) < ROUNDING);
    if (assumes.locality.includes('presynaptic rate')) {
      const most = Math.max(...[0, 1, 2, 3, 4, 5].map((j) => synapse(2, j)!));
      assert.ok(most > FELT, 'a synapse sees its own input');
    }
  });

  test(`${title}: a synapse does not see other neurons of its layer`, async () => {
    // Neuron 3 of the first hidden layer gets another potential; the layer above does not notice.
    const { synapse } = await moved(one, (values, { connections }) => {
      const input = [[...values('input')]];
      const rate = () => Math.tanh(potentials(values, connections, input, Math.tanh)[0]![0]![3]!);
      const before = rate();
      const bias = values('bias 1');
      bias[3] = bias[3]! + 0.8;
      const change = rate() - before;
      const [above, weights] = [values('bias 2'), values('weights 2')];
      above.set(above.map((b, j) => b - change * weights[3 * above.length + j]!));
    });
    for (const j of [0, 1, 2, 4, 5])
      for (let i = 0; i < 5; i++) assert.ok((synapse(i, j) ?? 0) < ROUNDING, `onto neuron ${j}`);
  });
}

test.run();

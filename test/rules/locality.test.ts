import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../kernels/index.ts';
import { rulesFor } from '../../rules/index.ts';
import { matrix, multiply, potentials } from './by-hand.ts';
import {
  ATTENTION,
  BURSTING,
  type Change,
  COMPARTMENTAL,
  COMPETING,
  DENSE,
  expectMoved,
  FELT,
  type FeedForwardCase,
  LAYER_WISE,
  LAYERED,
  MICROCIRCUITS,
  moved,
  PREDICTION,
  REWARDED,
  ROUNDING,
  SELF_SUPERVISED,
  SETTLED,
  SYMMETRIC,
  seesMagnitudes,
  seesSigns,
} from './locality-cases.ts';

test('every rule that classifies is held to its row in the plausibility table', () => {
  const cases = [
    ...LAYERED,
    ...COMPARTMENTAL,
    ...MICROCIRCUITS,
    PREDICTION,
    ...BURSTING,
    ...SETTLED,
    ...LAYER_WISE,
    COMPETING,
    DENSE,
    ATTENTION,
    ...SELF_SUPERVISED,
    ...REWARDED,
  ];
  const uncovered = rulesFor('classify').filter(({ name }) => !cases.some(({ rule }) => rule === name));
  assert.equal(
    uncovered.map(({ name }) => name),
    [],
  );
});

const presynaptic = ({ inputGain }: FeedForwardCase, input: ArrayLike<number>) => [
  Array.from(input, (x) => inputGain * x),
];

/** Changes the weights of some connections, and their biases so that potentials, rates and errors stay. */
const changeKeepingActivity =
  (
    one: FeedForwardCase,
    connections: readonly number[],
    f: (w: number, l: number, i: number) => number,
  ): Change =>
  (values, { connections: all }) => {
    const input = presynaptic(one, values('input'));
    const v = potentials(values, all, input, one.rate);
    for (const l of connections) {
      const rate = l === 0 ? input : v[l - 1]!.map((row) => row.map(one.rate));
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

for (const one of [...LAYERED, ...COMPARTMENTAL, ...MICROCIRCUITS, PREDICTION, ...BURSTING, SYMMETRIC]) {
  const { title, plausibility } = one;

  /** The weights of connection 2 are not above connection 2, so for it only those of connection 3 are changed. */
  const changeAbove = async (f: (w: number, l: number, i: number) => number) => {
    const below = await moved(one, changeKeepingActivity(one, [1, 2], f));
    const top = await moved(one, changeKeepingActivity(one, [2], f));
    return { learns: below.learns, most: [below.most[0]!, top.most[1]!] };
  };

  test(`${title}: magnitudes of the weights above are ${seesMagnitudes(one) ? 'seen' : 'not seen'}`, async () => {
    const { most, learns } = await changeAbove((w, l, i) => w * sizes[l]![i]!);
    expectMoved(most, learns, seesMagnitudes(one), 'other magnitudes');
  });

  test(`${title}: signs of the weights above are ${seesSigns(one) ? 'seen' : 'not seen'}`, async () => {
    const { most, learns } = await changeAbove((w, _l, i) => (i % 2 === 0 ? -w : w));
    expectMoved(most, learns, seesSigns(one), 'other signs');
  });

  test(`${title}: what the output layer does is ${plausibility.feedbackPathway === 'none' ? 'not felt' : 'felt'} below`, async () => {
    const { most, learns } = await moved(one, (values) => values('bias 3').set([2, -1, 0.5]));
    expectMoved(most, learns, plausibility.feedbackPathway !== 'none', 'another output error');
  });

  test(`${title}: a synapse does not see the input of its neighbours`, async () => {
    const { synapse } = await moved(one, (values, network) => {
      const to = network.populations[1]!.size;
      const [x, step] = [values('input'), 1.5];
      x[2] = x[2]! + step;
      const [weights, bias] = [values('weights 1'), values('bias 1')];
      // The current of input 2 grows, the biases shrink by as much.
      bias.set(bias.map((b, j) => b - one.inputGain * step * weights[2 * to + j]!));
    });
    for (const i of [0, 1, 3, 4]) for (let j = 0; j < 6; j++) assert.ok((synapse(i, j) ?? 0) < ROUNDING);
    if (plausibility.locality.includes('presynaptic rate')) {
      const most = Math.max(...[0, 1, 2, 3, 4, 5].map((j) => synapse(2, j)!));
      assert.ok(most > FELT, 'a synapse sees its own input');
    }
  });

  test(`${title}: a synapse does not see other neurons of its layer`, async () => {
    // Neuron 3 of the first hidden layer gets another potential; the layer above does not notice.
    const { synapse } = await moved(one, (values, { connections }) => {
      const input = presynaptic(one, values('input'));
      const rate = () => one.rate(potentials(values, connections, input, one.rate)[0]![0]![3]!);
      const before = rate();
      const bias = values('bias 1');
      bias[3] = bias[3]! + 0.8;
      const after = rate();
      const [above, weights] = [values('bias 2'), values('weights 2')];
      above.set(above.map((b, j) => b - (after - before) * weights[3 * above.length + j]!));
      one.keepLateral?.(values, 3, before, after);
    });
    for (const j of [0, 1, 2, 4, 5])
      for (let i = 0; i < 5; i++) assert.ok((synapse(i, j) ?? 0) < ROUNDING, `onto neuron ${j}`);
    if (
      ['postsynaptic potential', 'postsynaptic rate'].some((seen) =>
        plausibility.locality.some((one) => one === seen),
      )
    )
      assert.ok(
        Math.max(...[0, 1, 2, 3, 4].map((i) => synapse(i, 3)!)) > FELT,
        'a synapse sees its own neuron',
      );
  });
}

for (const one of LAYERED) {
  const seesTarget = one.plausibility.locality.includes('target');
  test(`${one.title}: the target itself, beyond the error, is ${seesTarget ? 'seen' : 'not seen'}`, async () => {
    const shift = [0.7, -0.4, 1.1];
    const change: Change = (values) => {
      for (const state of ['bias 3', 'target']) values(state).set(values(state).map((v, j) => v + shift[j]!));
      if (one.options.variant !== 'from-output') return;
      // The inverse of the output layer gets biases that undo the shift in what it receives.
      const bias = values('bias of feedback from output to hidden 2');
      const inverse = matrix(values('feedback from output to hidden 2'), bias.length);
      const received = multiply([shift], inverse)[0]!;
      bias.set(bias.map((b, j) => b - received[j]!));
    };
    // With linear outputs and squared error, a shift of output and target leaves the error as it is.
    const network = { loss: 'squared-error', outputActivation: 'linear' } as const;
    const { most, learns } = await moved(one, change, { network });
    expectMoved(most, learns, seesTarget, 'another target, the same error');
  });
}

/** Another target; if `kept`, also other feedback weights, so that the apical potentials of both phases stay. */
const changeTarget =
  (one: FeedForwardCase, kept: boolean): Change =>
  (values, { connections, populations }) => {
    const sent = one.sent!;
    const v = potentials(values, connections, presynaptic(one, values('input')), one.rate).at(-1)![0]!;
    const target = values('target');
    const taught = () => v.map((x, j) => sent.taught(x, target[j]!));
    const free = v.map(sent.free);
    const before = taught();
    target.set([0, 0, 1]);
    if (!kept) return;
    const after = taught();
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, j) => sum + x * b[j]!, 0);
    // Of each neuron, y' = y + d q with q free = 0 and d such that y' after = y before
    const q = after.map((x, j) => x - (dot(after, free) / dot(free, free)) * free[j]!);
    for (const { name, size } of populations.filter(({ name }) => sent.to.includes(name))) {
      const feedback = values(`feedback from output to ${name}`);
      for (let i = 0; i < size; i++) {
        const toNeuron = q.map((_, j) => feedback[j * size + i]!);
        const d = toNeuron.reduce((sum, y, j) => sum + y * (before[j]! - after[j]!), 0) / dot(q, q);
        for (const [j, y] of toNeuron.entries()) feedback[j * size + i] = y + d * q[j]!;
      }
    }
  };

for (const one of [...COMPARTMENTAL, ...BURSTING])
  test(`${one.title}: of outputs, target and feedback, apical potentials are all that is seen`, async () => {
    const seen = await moved(one, changeTarget(one, false));
    expectMoved(seen.most, seen.learns, true, 'another target');
    const kept = await moved(one, changeTarget(one, true));
    expectMoved(kept.most, kept.learns, false, 'another target, the same apical potentials');
  });

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredNetwork, type NetworkSettings } from '../../networks/index.ts';
import { findRule } from '../../rules/index.ts';
import { angleBetween, buildRule, float64, networkSettings } from '../support.ts';
import { learnedOf, transposeInto } from './learned.ts';

const FEEDBACK = 'feedback from hidden 2 to hidden 1';
const [N, M] = [8, 6];

/** A 5-8-6-3 network with biases, and its mirror phase of 50 examples, to be run on its own. */
async function mirror(
  options: Record<string, unknown>,
  network: Partial<NetworkSettings> = {},
  weight?: [index: number, value: number],
) {
  const { device, k } = float64();
  const layers = new LayeredNetwork(k, 3, networkSettings({ layers: [5, N, M, 3], ...network }));
  const rule = buildRule(findRule('weight-mirror'), layers, k, options);
  const value = (name: string) => device.values(k.states.get(name)!);
  value('bias 2').fill(0.5);
  if (weight) value('weights 2')[weight[0]] = weight[1];
  const phase = await k.trace('mirror phase', () => rule.betweenMinibatches!(50));
  let phases = 0;
  return {
    weights: value('weights 2'),
    B: value(FEEDBACK),
    async run(steps: number) {
      await phase.run({ steps, firstStep: phases, rows: new Uint32Array(0) });
      phases += steps;
    },
    /** Bᵀ, to be compared with W. */
    transposed() {
      const out = new Float64Array(N * M);
      transposeInto(out, value(FEEDBACK), M, N);
      return out;
    },
  };
}

const derivatives = { linear: 1, tanh: 1, sigmoid: 0.25 } as const;
for (const [activation, slope] of Object.entries(derivatives))
  test(`without decay the mean mirror update is η σ² f'(0) Wᵀ: ${activation}`, async () => {
    const [noise, mirrorRate, phases] = [0.05, 1, 1000];
    const net = await mirror(
      { noise, mirrorRate, mirrorDecay: 0, feedbackScale: 0 },
      { activation: activation as keyof typeof derivatives },
    );
    await net.run(phases);
    const mean = net.transposed().map((b) => b / phases / (mirrorRate * noise ** 2 * slope));
    // An entry is the mean of 50,000 products; the other seven neurons' noise through weights of 0.4 makes its
    // standard error about 0.005.
    const worst = Math.max(...mean.map((b, i) => Math.abs(b - net.weights[i]!)));
    assert.ok(worst < 0.025, `an entry is off by ${worst}`);
  });

test('with decay η σ² the feedback settles at Wᵀ, from a start at right angles', async () => {
  const net = await mirror({ noise: 0.1, mirrorRate: 0.5, mirrorDecay: 0.005, feedbackScale: 5 });
  const first = angleBetween(net.transposed(), net.weights);
  assert.ok(first > 60, `${first} degrees at the start`);
  await net.run(3000);
  assert.ok(angleBetween(net.transposed(), net.weights) < 15);
  const ratio = Math.hypot(...net.B) / Math.hypot(...net.weights);
  assert.ok(Math.abs(ratio - 1) < 0.1, `norm ratio ${ratio}`);
});

test('one mirror phase without learning multiplies the feedback by 1 - decay', async () => {
  const net = await mirror({ mirrorRate: 0, mirrorDecay: 0.25 });
  const before = [...net.B];
  await net.run(2);
  assert.ok(net.B.every((b, i) => Math.abs(b - 0.75 ** 2 * before[i]!) < 1e-15));
});

test('a feedback synapse sees the noise and the answer of its own two neurons only', async () => {
  const plain = await mirror({});
  const changed = await mirror({}, {}, [2 * M + 4, 7]); // from neuron 2 to neuron 4
  assert.ok(plain.weights[2 * M + 4] !== changed.weights[2 * M + 4]);
  await plain.run(3);
  await changed.run(3);
  const moved = Array.from({ length: M }, (_, j) =>
    [...plain.B.subarray(j * N, (j + 1) * N)].some((b, i) => b !== changed.B[j * N + i]),
  );
  assert.equal(moved, [false, false, false, false, true, false]);
});

test('with B = Wᵀ the engaged phase is backprop to the bit, and leaves the feedback as it is', async () => {
  let before: number[] = [];
  const { own, exact, values } = await learnedOf('weight-mirror', {
    set: (values) => {
      transposeInto(values(FEEDBACK), values('weights 2'), 6, 4);
      transposeInto(values('feedback from output to hidden 2'), values('weights 3'), 4, 3);
      before = [...values(FEEDBACK)];
    },
  });
  for (const [l, weights] of own.entries()) assert.equal([...weights!], [...exact[l]!]);
  assert.equal([...values(FEEDBACK)], before);
});

test('the mirror follows forward weights that change', async () => {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, networkSettings({ layers: [5, N, M, 3] }));
  const rule = buildRule(findRule('weight-mirror'), network, k, { mirrorRate: 2, mirrorDecay: 0.02 });
  const [W, B] = [k.states.get('weights 2')!, k.states.get(FEEDBACK)!];
  const start = k.state('start', N, M);
  device.values(start).set(device.values(W));
  const step = await k.trace('step', () => {
    // After 1500 steps they are twice their negatives.
    k.mapInto(W, (w, w0) => w - w0 / 500, W, start);
    rule.betweenMinibatches!(50);
  });
  await step.run({ steps: 1500, firstStep: 0, rows: new Uint32Array(0) });
  const out = new Float64Array(N * M);
  transposeInto(out, device.values(B), M, N);
  assert.ok(angleBetween(out, device.values(start)) > 160);
});

test.run();

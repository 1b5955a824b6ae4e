import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Kernels, RandomStream, type Tensor } from '../../kernels/index.ts';
import { type EnergyNetwork, type NetworkSettings, settleHolomorphic } from '../../networks/index.ts';
import { equilibriumPropagation } from '../../rules/equilibrium-propagation.ts';
import { freePhase } from '../../rules/free-phase.ts';
import { circleDirections } from '../../rules/holomorphic.ts';
import { biasVector, type Direction, resolveOptions, weightMatrix } from '../../rules/index.ts';
import { relativeError, slope } from '../networks/settling-by-hand.ts';
import { buildNetwork, buildRule, float64, networkSettings, normalState, runOnce } from '../support.ts';

const STEPS = 100;
const HIDDEN: Record<string, (v: number) => number> = {
  sigmoid: (v) => 1 / (1 + Math.exp(-v)),
  tanh: Math.tanh,
};
/** Outputs are linear, so that a pull outside of rho is one inside of it, and the theorem holds. */
const settingsOf = (activation: NetworkSettings['activation']): NetworkSettings =>
  networkSettings({ layers: [4, 5, 3, 2], activation, loss: 'squared-error', outputActivation: 'linear' });
const OPTIONS = {
  variant: 'holomorphic',
  dynamics: 'prototypical',
  epsilon: 0.5,
  persistent: false,
  freeIterations: STEPS,
  nudgedIterations: STEPS,
};

type Estimate = (k: Kernels, network: EnergyNetwork, input: Tensor, target: Tensor) => Direction[];

/** What an estimate, or the rule, gives for a small network: weights, then biases; and the gradient of its settled cost, by differences. */
async function estimated(
  activation: NetworkSettings['activation'],
  options: Record<string, unknown>,
  estimate?: Estimate,
) {
  const { device, k } = float64();
  const network = buildNetwork(
    equilibriumPropagation,
    k,
    settingsOf(activation),
    { ...OPTIONS, ...options },
    5,
  );
  for (const [l, { bias }] of network.connections.entries())
    device.values(bias!).set(new RandomStream(2, `bias ${l}`).uniform(bias!.columns, -0.5, 0.5));
  const rule = buildRule(equilibriumPropagation, network, k, { ...OPTIONS, ...options });
  const [input, target] = [normalState(k, 'input', 2, 4), normalState(k, 'target', 2, 2)];
  const kept = network.connections.map((c) => ({
    weights: k.state(`direction of ${c.name}`, c.weights.rows, c.weights.columns),
    bias: k.state(`direction of the bias of ${c.name}`, 1, c.to.size),
  }));
  await runOnce(k, () => {
    const given = estimate?.(k, network, input, target) ?? rule.learn({ input, target }).directions;
    for (const [l, direction] of given.entries()) {
      k.mapInto(kept[l]!.weights, (w) => w, weightMatrix(k, direction));
      k.mapInto(kept[l]!.bias, (b) => b, biasVector(k, direction));
    }
  });
  const all = (of: (i: number) => Tensor) => network.connections.map((_, l) => device.values(of(l)));
  const parameters = [
    ...all((l) => network.connections[l]!.weights),
    ...all((l) => network.connections[l]!.bias!),
  ];
  const cost = () =>
    settledCost(parameters, device.values(input), device.values(target), HIDDEN[activation]!);
  return {
    own: [...all((l) => kept[l]!.weights), ...all((l) => kept[l]!.bias)],
    gradient: gradientOf(activation, parameters, cost),
  };
}

const gradients = new Map<string, Float64Array[]>();

/** By central differences, once for each activation: all networks with it have the same parameters. */
function gradientOf(
  activation: string,
  parameters: readonly Float64Array[],
  cost: () => number,
): Float64Array[] {
  const known = gradients.get(activation);
  if (known) return known;
  const found = parameters.map((values) =>
    Float64Array.from(values, (_, i) => slope(values as unknown as number[], i, cost)),
  );
  gradients.set(activation, found);
  return found;
}

/** |y - t|^2 of the 4-5-3-2 network at its fixed point, a mean over two examples, in plain loops. */
function settledCost(
  parameters: readonly Float64Array[],
  inputs: Float64Array,
  targets: Float64Array,
  rho: (v: number) => number,
): number {
  const sizes = [4, 5, 3, 2];
  let cost = 0;
  for (const example of [0, 1]) {
    let s = sizes.map((n, l) =>
      l === 0 ? [...inputs.subarray(4 * example, 4 * example + 4)] : new Array(n).fill(0),
    );
    for (let step = 0; step < STEPS; step++)
      s = s.map((layer, l) => {
        if (l === 0) return layer;
        return layer.map((value: number, j: number) => {
          let v = parameters[2 + l]![j]!;
          for (const [i, below] of s[l - 1]!.entries()) v += below * parameters[l - 1]![i * sizes[l]! + j]!;
          for (const [i, above] of (s[l + 1] ?? []).entries())
            v += above * parameters[l]![j * sizes[l + 1]! + i]!;
          return value + 0.5 * ((l === 3 ? v : rho(v)) - value);
        });
      });
    cost += s[3]!.reduce((sum, y, j) => sum + (y - targets[2 * example + j]!) ** 2, 0) / 2;
  }
  return cost;
}

/** The estimate of a circle with so many nudges. */
const circle =
  (points: number, beta: number): Estimate =>
  (k, network, input, target) =>
    circleDirections(k, network, freePhase(network, input, STEPS, null), target, {
      ...{ beta, points, iterations: STEPS, epsilon: 0.5 },
    });

for (const activation of ['sigmoid', 'tanh'] as const) {
  test(`the error is of the order of beta to the number of nudges, ${activation}`, async () => {
    const errorAt = async (points: number, beta: number): Promise<number> => {
      const { own, gradient } = await estimated(activation, {}, circle(points, beta));
      return relativeError(own, gradient);
    };
    for (const points of [2, 3, 4]) {
      const ratio = (await errorAt(points, 0.06)) / (await errorAt(points, 0.03));
      assert.ok(Math.abs(Math.log2(ratio) - points) < 0.4, `${points} nudges: ${ratio}`);
    }
    assert.ok((await errorAt(8, 0.06)) < 1e-6);
  });

  test(`the rule has six nudges, and a beta for which two are far off, ${activation}`, async () => {
    const { own, gradient } = await estimated(activation, { beta: 0.1 });
    const { own: six } = await estimated(activation, {}, circle(6, 0.1));
    assert.ok(relativeError(own, six) < 1e-12);
    const { own: two } = await estimated(activation, { beta: 0.1, variant: 'centred' });
    const [error, ofTwo] = [relativeError(own, gradient), relativeError(two, gradient)];
    assert.ok(error < 1e-3 && ofTwo > 30 * error, `${error}, ${ofTwo}`);
  });

  test(`two nudges are the variant centred, ${activation}`, async () => {
    const { own } = await estimated(activation, {}, circle(2, 0.3));
    const { own: centred } = await estimated(activation, { beta: 0.3, variant: 'centred' });
    assert.ok(relativeError(own, centred) < 1e-9);
  });
}

/** The complex sigmoid as its definition has it. */
function complexSigmoid(a: number, b: number): [number, number] {
  const [real, imaginary] = [1 + Math.exp(-a) * Math.cos(b), -Math.exp(-a) * Math.sin(b)];
  const square = real ** 2 + imaginary ** 2;
  return [real / square, -imaginary / square];
}

test('a step is that of complex numbers, also for large ones', async () => {
  for (const [a, b] of [
    [0.3, 0.2],
    [-4, 1.5],
    [2, -3],
    [-30, 2],
    [0.5, 9],
  ] as const) {
    const { device, k } = float64();
    const network = buildNetwork(
      equilibriumPropagation,
      k,
      networkSettings({ layers: [1, 1, 1], activation: 'sigmoid', loss: 'squared-error' }),
      OPTIONS,
    );
    // The output has the potential i b / w after a step with a pull of that, and the hidden neuron a + i b after the next.
    for (const [l, { weights, bias }] of network.connections.entries()) {
      device.values(weights)[0] = l === 0 ? 0 : 1;
      device.values(bias!)[0] = l === 0 ? a : 0;
    }
    const [input, target] = [k.state('input', 1, 1), k.state('target', 1, 1, Float32Array.of(1))];
    const [real, imaginary] = [k.state('real', 1, 1), k.state('imaginary', 1, 1)];
    await runOnce(k, () => {
      const drive = network.drive(input);
      const nudge = { target, real: 0, imaginary: b / 2 };
      const [hidden] = settleHolomorphic(k, network, network.rest(1), drive, nudge, {
        iterations: 2,
        epsilon: 1,
      });
      k.mapInto(real, (x) => x, hidden!.real);
      k.mapInto(imaginary, (x) => x, hidden!.imaginary);
    });
    const expected = complexSigmoid(a, b);
    for (const [i, part] of [real, imaginary].entries())
      assert.ok(Math.abs(device.values(part)[0]! - expected[i]!) < 1e-12, `${a} + ${b}i`);
  }
});

test('the steps of every nudge on half of the circle count', async () => {
  const { k } = float64();
  const network = buildNetwork(equilibriumPropagation, k, settingsOf('sigmoid'), OPTIONS);
  const options = { ...OPTIONS, freeIterations: 7, nudgedIterations: 3 };
  const rule = buildRule(equilibriumPropagation, network, k, options);
  await runOnce(k, () => void rule.learn({ input: k.constant(0, 2, 4), target: k.constant(0, 2, 2) }));
  // Of six nudges four are no conjugates of others.
  assert.is(network.settlingSteps, 7 + 4 * 3);
});

test('what has no complex form is refused by name', () => {
  const check = (settings: Partial<NetworkSettings>, options = {}) =>
    equilibriumPropagation.checkOptions!(
      resolveOptions(equilibriumPropagation, { ...OPTIONS, ...options }) as never,
      { ...settingsOf('sigmoid'), ...settings } as never,
    );
  check({});
  assert.throws(
    () => check({ activation: 'hard-sigmoid' }),
    /holomorphic, linear, sigmoid or tanh, and 'hard-sigmoid' is none/,
  );
  assert.throws(() => check({ loss: 'cross-entropy' }), /dynamics prototypical and the loss squared-error/);
  assert.throws(
    () => check({}, { dynamics: 'energy-based' }),
    /dynamics prototypical and the loss squared-error/,
  );
  assert.throws(() => check({}, { continual: true }), /one nudged phase, .* not 'holomorphic'/);
});

test.run();

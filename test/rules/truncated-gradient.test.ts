import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor } from '../../kernels/index.ts';
import type { NetworkSettings } from '../../networks/index.ts';
import { equilibriumPropagation } from '../../rules/equilibrium-propagation.ts';
import { freePhase } from '../../rules/free-phase.ts';
import { biasVector, type Direction, weightMatrix } from '../../rules/index.ts';
import { truncatedGradients } from '../../rules/truncated-gradient.ts';
import { relativeError, slope } from '../networks/settling-by-hand.ts';
import { buildNetwork, buildRule, float64, networkSettings, runOnce } from '../support.ts';

const RULE = equilibriumPropagation;
const SIZES = [4, 5, 3, 2];
const X = [0.3, 0.9, 0.1, 0.6, 0.8, 0.2, 0.7, 0];
const TARGETS = [0, 1, 1, 0];
const SETTLED = 300;
const STEPS = 5;
const logistic = (v: number) => 1 / (1 + Math.exp(-v));
const clip = (v: number) => Math.min(Math.max(v, 0), 1);

const CASES = {
  'energy-based': {
    network: { activation: 'hard-sigmoid', outputActivation: 'hard-sigmoid' },
    // Clipping is no step of its own where potentials lie within the bounds.
    step: (s: number, current: number) => clip(s + 0.5 * (current - s)),
  },
  prototypical: {
    network: { activation: 'sigmoid', outputActivation: 'sigmoid' },
    step: (s: number, current: number) => s + 0.5 * (logistic(current) - s),
  },
} as const satisfies Record<
  string,
  { network: Partial<NetworkSettings>; step: (s: number, c: number) => number }
>;

type Dynamics = keyof typeof CASES;

/** What `of` gives for a network with small weights and biases of about 0.4, which settles within the bounds. */
async function settled(
  dynamics: Dynamics,
  options: Record<string, unknown>,
  of: (parts: ReturnType<typeof partsOf>) => readonly (readonly Direction[])[],
) {
  const { device, k } = float64();
  const parts = partsOf(dynamics, k, options);
  const { network, input, target } = parts;
  const random = new RandomStream(3, 'parameters');
  for (const { weights, bias } of network.connections) {
    device.values(weights).set(random.uniform(weights.rows * weights.columns, -0.15, 0.15));
    device.values(bias!).set(random.uniform(bias!.columns, 0.4, 0.6));
  }
  device.values(input).set(X);
  device.values(target).set(TARGETS);
  const kept: Tensor[][] = Array.from({ length: STEPS }, (_, t) =>
    network.connections.flatMap((c) => [
      k.state(`weights of ${c.name} ${t}`, c.weights.rows, c.weights.columns),
      k.state(`bias of ${c.name} ${t}`, 1, c.to.size),
    ]),
  );
  await runOnce(k, () => {
    for (const [t, directions] of of(parts).entries())
      for (const direction of directions) {
        const l = network.connections.indexOf(direction.connection);
        k.mapInto(kept[t]![2 * l]!, (w) => w, weightMatrix(k, direction));
        k.mapInto(kept[t]![2 * l + 1]!, (b) => b, biasVector(k, direction));
      }
  });
  return {
    byStep: kept.map((tensors) => tensors.map((tensor) => device.values(tensor))),
    parameters: network.connections.flatMap(({ weights, bias }) => [
      device.values(weights),
      device.values(bias!),
    ]),
  };
}

function partsOf(dynamics: Dynamics, k: ReturnType<typeof float64>['k'], options: Record<string, unknown>) {
  const chosen = { dynamics, epsilon: 0.5, persistent: false, freeIterations: SETTLED, ...options };
  const settings = networkSettings({ layers: SIZES, loss: 'squared-error', ...CASES[dynamics].network });
  const network = buildNetwork(RULE, k, settings, chosen);
  const rule = buildRule(RULE, network, k, chosen);
  return { k, network, rule, input: k.state('input', 2, 4), target: k.state('target', 2, 2) };
}

const truncated = (dynamics: Dynamics) =>
  settled(
    dynamics,
    {},
    ({ k, network, input, target }) =>
      truncatedGradients(k, network, freePhase(network, input, SETTLED, null), target, STEPS)!,
  );

/** So many steps from a state, in plain loops. */
function go(
  parameters: readonly Float64Array[],
  dynamics: Dynamics,
  example: number,
  start: number[][],
  steps: number,
) {
  const { step } = CASES[dynamics];
  let s = start;
  for (let i = 0; i < steps; i++) {
    const all = [X.slice(4 * example, 4 * example + 4), ...s];
    s = s.map((layer, l) =>
      layer.map((value, j) => {
        let current = parameters[2 * l + 1]![j]!;
        for (const [n, below] of all[l]!.entries())
          current += below * parameters[2 * l]![n * SIZES[l + 1]! + j]!;
        for (const [n, above] of (all[l + 2] ?? []).entries())
          current += above * parameters[2 * l + 2]![j * SIZES[l + 2]! + n]!;
        return step(value, current);
      }),
    );
  }
  return s;
}

for (const dynamics of ['energy-based', 'prototypical'] as const) {
  test(`the gradient through the last steps is that of differences, ${dynamics}`, async () => {
    const { byStep, parameters } = await truncated(dynamics);
    const rest = () => SIZES.slice(1).map((n) => Array<number>(n).fill(0));
    const free = [0, 1].map((example) => go(parameters, dynamics, example, rest(), SETTLED));
    for (const s of free.flat(2)) assert.ok(s > 0.01 && s < 0.99, `${s} is at a bound`);
    for (const [t, own] of byStep.entries()) {
      const cost = () =>
        free.reduce((sum, start, example) => {
          const y = go(parameters, dynamics, example, start, t + 1).at(-1)!;
          return sum + y.reduce((total, y, j) => total + (y - TARGETS[2 * example + j]!) ** 2, 0) / 2;
        }, 0);
      const exact = parameters.map((values) =>
        Float64Array.from(values, (_, i) => slope(values as unknown as number[], i, cost)),
      );
      assert.ok(relativeError(own, exact) < 1e-7, `${t + 1} steps: ${relativeError(own, exact)}`);
    }
  });
}

test('errors come one connection further down with each step', async () => {
  await settled('energy-based', {}, ({ k, network, input, target }) => {
    const steps = truncatedGradients(k, network, freePhase(network, input, 9, null), target, STEPS)!;
    assert.equal(
      steps.map((directions) => directions.map(({ connection }) => network.connections.indexOf(connection))),
      [[2], [1, 2], [0, 1, 2], [0, 1, 2], [0, 1, 2]],
    );
    return steps;
  });
});

test('neurons at a bound pass nothing on', async () => {
  const { byStep } = await settled('energy-based', {}, ({ k, network, input, target }) => {
    const free = freePhase(network, input, SETTLED, null);
    const state = free.state.map((activity, l) =>
      l === 1 ? { potential: k.constant(1, 2, 3), rate: k.constant(1, 2, 3) } : activity,
    );
    return truncatedGradients(k, network, { ...free, state }, target, STEPS)!;
  });
  for (const own of byStep) {
    assert.ok(
      [...own[0]!, ...own[1]!].every((x) => x === 0),
      'below the bound',
    );
    assert.ok(
      own[5]!.some((x) => x !== 0),
      'above it',
    );
  }
});

test('where potentials are not rates, nothing is claimed', async () => {
  const { k } = float64();
  const settings = networkSettings({ layers: SIZES, loss: 'squared-error', activation: 'sigmoid' });
  const network = buildNetwork(RULE, k, settings, { dynamics: 'energy-based' });
  await runOnce(k, () => {
    const free = freePhase(network, k.constant(0.5, 2, 4), 2, null);
    assert.is(truncatedGradients(k, network, free, k.constant(0, 2, 2), 2), null);
  });
});

test('after each nudged step equilibrium propagation has learned what as many steps back in time give', async () => {
  const options = { variant: 'centred', beta: 1e-4, nudgedIterations: STEPS };
  const stepwiseOf = (of: 'directions' | 'gradient') =>
    settled('energy-based', options, ({ rule, input, target }) =>
      rule.observe!({ input, target }).stepwise!()!.map((one) => one[of]),
    );
  const [own, exact] = [await stepwiseOf('directions'), await stepwiseOf('gradient')];
  for (const [t, directions] of own.byStep.entries())
    assert.ok(relativeError(directions, exact.byStep[t]!) < 1e-5, `${t + 1} steps`);
  assert.ok(relativeError(own.byStep[0]!, exact.byStep[STEPS - 1]!) > 0.01);
});

test.run();

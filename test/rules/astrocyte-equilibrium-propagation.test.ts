import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor } from '../../kernels/index.ts';
import type { AstrocyteNetwork } from '../../networks/index.ts';
import { astrocyteEquilibriumPropagation as RULE } from '../../rules/astrocyte-equilibrium-propagation.ts';
import { biasVector, type Direction, weightMatrix } from '../../rules/index.ts';
import { slope } from '../networks/settling-by-hand.ts';
import { buildNetwork, buildRule, float64, networkSettings, runOnce } from '../support.ts';

const X = [0.3, 0.9, 0.1, 0.8, 0.2, 0.7];
const TARGETS = [0.2, 0.9, 0.4, 0.7, 0.8, 0.5, 0.3, 0.6];
const OPTIONS = { modes: 2, gain: 0.6, strength: 2, freeIterations: 400, nudgedIterations: 400 };
const BETAS = [0.005, 0.05, 0.5];

/** What the rule finds for two examples on 3-4 with each nudge, and the slope of the loss where the network rests. */
async function learned() {
  const { device, k } = float64();
  const settings = networkSettings({
    layers: [3, 4],
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    initial: 'lecun-normal',
  });
  const network: AstrocyteNetwork = buildNetwork(RULE, k, settings, OPTIONS, 5);
  const [drives, modes] = network.connections;
  device.values(drives.bias!).set(new RandomStream(2, 'bias').uniform(4, -0.5, 0.5));
  const rules = BETAS.map((beta) => buildRule(RULE, network, k, { ...OPTIONS, beta }));
  const input = k.state('input', 2, 3, Float32Array.from(X));
  const target = k.state('target', 2, 4, Float32Array.from(TARGETS));
  const parameters = [drives.weights, drives.bias!, modes.weights];
  const kept = [...BETAS, 'observed'].map((name) =>
    parameters.map((t, i) => k.state(`direction ${i} ${name}`, t.rows, t.columns)),
  );
  const keep = (into: readonly Tensor[], [first, second]: readonly Direction[]) => {
    k.mapInto(into[0]!, (w) => w, weightMatrix(k, first!));
    k.mapInto(into[1]!, (w) => w, biasVector(k, first!));
    k.mapInto(into[2]!, (w) => w, weightMatrix(k, second!));
  };
  await runOnce(k, () => {
    for (const [b, rule] of rules.entries()) keep(kept[b]!, rule.learn({ input, target }).directions);
    keep(kept.at(-1)!, rules[0]!.observe!({ input, target }).gradient!);
  });
  const loss = k.state('loss', 1, 1);
  const forward = await k.trace('loss', () =>
    k.sum(network.loss(rules[0]!.respond!(input)[0]!, target), { over: 'all', scale: 1 / 2, into: loss }),
  );
  const lossNow = () => {
    // The reference device computes at once, though it answers later.
    void forward.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
    return device.values(loss)[0]!;
  };
  const gradient = parameters.map((tensor) => {
    const values = device.values(tensor);
    const numbers = values as unknown as number[];
    return Float64Array.from(values, (_, i) => slope(numbers, i, lossNow));
  });
  const distances = kept.map((directions) =>
    directions.map((tensor, p) =>
      Math.max(...device.values(tensor).map((d, i) => Math.abs(d - gradient[p]![i]!))),
    ),
  );
  return { distances, sizes: gradient.map((values) => Math.max(...values.map(Math.abs))) };
}

test('weights, biases and T follow the gradient of the loss at rest, by finite differences', async () => {
  const { distances, sizes } = await learned();
  const [smallest, small, large, observed] = distances;
  for (const [p, size] of sizes.entries()) {
    assert.ok(size > 1e-3, `the slope by parameter ${p} is too small to tell: ${size}`);
    assert.ok(smallest![p]! < 1e-4 * size, `parameter ${p}: ${smallest![p]} of ${size}`);
    // What diagnostics take for the gradient.
    assert.ok(observed![p]! < 1e-3 * size, `parameter ${p}: ${observed![p]} of ${size}`);
    // Its error is of the order of the square of the nudge.
    const ratio = large![p]! / small![p]!;
    assert.ok(ratio > 50 && ratio < 200, `parameter ${p}: ${ratio}`);
  }
});

for (const [what, strength, freeIterations, epsilon] of [
  // Neurons are at rest after a step, and synapses have not begun to move.
  ['synapses that have not settled', 1e-9, 1, 1],
  // After another step synapses are there as well, and calcium has not begun to rise.
  ['processes that have not settled', 1e-9, 2, 1],
  ['neurons that have not settled', 2, 1, 0.1],
  ['synapses that do not count, as they act on nothing', 0, 1, 1],
] as const)
  test(`how far a network is from its rest tells ${what}`, async () => {
    const { device, k } = float64();
    const settings = networkSettings({
      layers: [3, 4],
      loss: 'squared-error',
      outputActivation: 'sigmoid',
      initial: 'lecun-normal',
    });
    const options = { ...OPTIONS, strength, freeIterations, epsilon };
    const network: AstrocyteNetwork = buildNetwork(RULE, k, settings, options, 5);
    const rule = buildRule(RULE, network, k, options);
    const input = k.state('input', 2, 3, Float32Array.from(X));
    const residual = k.state('residual', 2, 1);
    const kinds = ['neurons', 'synapses', 'processes'] as const;
    const changes = kinds.map((name) => k.state(name, 2, name === 'neurons' ? 4 : 6));
    await runOnce(k, () => {
      k.mapInto(residual, (r) => r, rule.settle!(input).residuals[0]!);
      const drive = network.drive(input);
      const at = network.relax(network.rest(2), drive, freeIterations);
      const moved = network.derivatives(at, drive);
      for (const [i, name] of kinds.entries()) k.mapInto(changes[i]!, (dz) => dz, moved[name]);
    });
    for (const example of [0, 1]) {
      const sizes = changes.map((change) => {
        const row = device.values(change).slice(example * change.columns, (example + 1) * change.columns);
        return Math.sqrt(row.reduce((sum, dz) => sum + dz * dz, 0) / row.length);
      });
      const largest = Math.max(...sizes);
      const which = kinds.findIndex((name) => what.startsWith(name));
      if (strength > 0) assert.is(sizes[which], largest, `${sizes}`);
      else assert.ok(sizes[0]! < largest / 10);
      const expected = strength > 0 ? largest : sizes[0]!;
      assert.ok(expected > 1e-3 || strength === 0);
      assert.ok(Math.abs(device.values(residual)[example]! - expected) < 1e-12);
    }
  });

test.run();

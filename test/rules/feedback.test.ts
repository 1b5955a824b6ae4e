import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tensor } from '../../kernels/index.ts';
import { LayeredNetwork, layeredNetwork } from '../../networks/index.ts';
import { type Direction, gradient, RULES, type RuleDefinition, weightMatrix } from '../../rules/index.ts';
import { buildRule, float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';

const LAYERED = RULES.filter(({ network }) => network === layeredNetwork);

for (const definition of LAYERED) {
  test(`${definition.name}: feedback has the shape of the forward path that it stands for`, () => {
    const { k } = float64();
    const network = new LayeredNetwork(k, 1, networkSettings({ layers: [7, 6, 5, 4] }));
    const { feedback } = buildRule(definition, network, k);
    // Backprop and predictive coding use the forward weights themselves; layers that nothing comes down to need no weights, nor does one number for all.
    const has =
      !['backprop', 'predictive-coding', 'shallow', 'clapp', 'lpl'].includes(definition.name) &&
      definition.plausibility!.feedbackPathway !== 'global';
    assert.is(feedback !== undefined, has);
    for (const { connection, forward } of feedback ?? []) {
      for (const [i, { from }] of forward.entries()) if (i > 0) assert.is(from, forward[i - 1]!.to);
      assert.is(connection.from, forward.at(-1)!.to);
      assert.is(connection.to, forward[0]!.from);
      const { weights, from, to } = connection;
      assert.equal([weights.rows, weights.columns], [from.size, to.size]);
      assert.is(connection.compartment, 'apical');
    }
  });

  test(`${definition.name}: learn changes no weights by itself`, async () => {
    const { device, k } = float64();
    const network = new LayeredNetwork(k, 1, networkSettings({ layers: [5, 6, 4, 3] }));
    const rule = buildRule(definition, network, k);
    const [input, target] = [normalState(k, 'input', 6, 5), oneHotState(k, 6, 3)];
    // The feedback of sign-symmetry is a function of the forward weights, and running means are no weights.
    const kept = [...k.states.values()].filter(
      ({ name }) =>
        !name.startsWith('mean ') &&
        (definition.name !== 'sign-symmetry' || !name.startsWith('feedback from')),
    );
    const before = kept.map((t) => [...device.values(t)]);
    await runOnce(k, () => void rule.learn({ input, target }));
    assert.equal(
      kept.map((t) => [...device.values(t)]),
      before,
    );
  });
}

const observes = (definition: RuleDefinition): boolean => {
  const { k } = float64();
  return buildRule(definition, new LayeredNetwork(k, 1, networkSettings()), k).observe !== undefined;
};
for (const definition of LAYERED.filter(observes))
  test(`${definition.name}: observe sees what learn would do, and changes no state`, async () => {
    const { device, k } = float64();
    const network = new LayeredNetwork(k, 1, networkSettings({ layers: [5, 6, 4, 3] }));
    const rule = buildRule(definition, network, k);
    const [input, target] = [normalState(k, 'input', 6, 5), oneHotState(k, 6, 3)];
    const states = [...k.states.values()];
    const before = states.map((t) => [...device.values(t)]);
    const keep = (prefix: string) =>
      network.connections.map(({ name, weights: w }) => k.state(`${prefix} ${name}`, w.rows, w.columns));
    const [learned, seen, exact, expected] = [keep('learned'), keep('seen'), keep('exact'), keep('expected')];
    const rates = network.populations.slice(1).map(({ name, size }) => k.state(`rates of ${name}`, 6, size));
    const write = (into: readonly Tensor[], directions: readonly Direction[]) => {
      for (const [l, direction] of directions.entries())
        k.mapInto(into[l]!, (x) => x, weightMatrix(k, direction));
    };
    await runOnce(k, () => {
      const { directions, gradient: given, firingRates } = rule.observe!({ input, target });
      write(seen, directions);
      write(exact, given!);
      write(expected, gradient(k, network, network.forward(input), target));
      for (const [l, rate] of firingRates!.entries()) k.mapInto(rates[l]!, (x) => x, rate);
    });
    assert.equal(
      states.map((t) => [...device.values(t)]),
      before,
    );
    await runOnce(k, () => write(learned, rule.learn({ input, target }).directions));
    const values = (tensors: readonly Tensor[]) => tensors.map((t) => [...device.values(t)]);
    assert.equal(values(seen), values(learned));
    assert.equal(values(exact), values(expected));
    const again = rates.map(({ name, columns }) => k.state(`${name}, again`, 6, columns));
    await runOnce(k, () => {
      for (const [l, rate] of network.respond(input).entries()) k.mapInto(again[l]!, (x) => x, rate);
    });
    assert.equal(values(rates), values(again));
  });

test('of the feed-forward rules only two write states of their own while they learn', () => {
  assert.equal(
    LAYERED.filter(observes).map(({ name }) => name),
    ['three-factor-hebbian', 'sign-symmetry'],
  );
});

test.run();

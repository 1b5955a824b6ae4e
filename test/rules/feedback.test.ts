import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LayeredNetwork } from '../../networks/index.ts';
import { RULES } from '../../rules/index.ts';
import { buildRule, float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';

const LAYERED = RULES.filter(({ network }) => network === 'layered');

for (const definition of LAYERED) {
  test(`${definition.name}: feedback has the shape of the forward path that it stands for`, () => {
    const { k } = float64();
    const network = new LayeredNetwork(k, 1, networkSettings({ layers: [7, 6, 5, 4] }));
    const { feedback } = buildRule(definition, network, k);
    // Backprop uses the forward weights themselves; the control has no feedback.
    assert.is(feedback === undefined, ['backprop', 'shallow'].includes(definition.name));
    for (const { weights, forward, orientation } of feedback ?? []) {
      for (const [i, connection] of forward.entries())
        if (i > 0) assert.is(connection.from, forward[i - 1]!.to);
      const ends = [forward[0]!.from.size, forward.at(-1)!.to.size];
      assert.equal([weights.rows, weights.columns], orientation === 'up' ? ends : ends.reverse());
    }
  });

  test(`${definition.name}: learn changes no weights by itself`, async () => {
    const { device, k } = float64();
    const network = new LayeredNetwork(k, 1, networkSettings({ layers: [5, 6, 4, 3] }));
    const rule = buildRule(definition, network, k);
    const [input, target] = [normalState(k, 'input', 6, 5), oneHotState(k, 6, 3)];
    // The feedback of sign-symmetry is a function of the forward weights.
    const kept = [...k.states.values()].filter(({ name }) => !name.startsWith('feedback along'));
    const before = kept.map((t) => [...device.values(t)]);
    await runOnce(k, () => void rule.learn({ input, target }));
    assert.equal(
      kept.map((t) => [...device.values(t)]),
      before,
    );
  });
}

test.run();

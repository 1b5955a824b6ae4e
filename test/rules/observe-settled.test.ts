import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { energyNetwork } from '../../networks/index.ts';
import { findRule, weightMatrix } from '../../rules/index.ts';
import { buildRule, float64, networkSettings, normalState, oneHotState, runOnce } from '../support.ts';

test('the gradient of a softmax readout is that of the cross-entropy at the free state', async () => {
  const { device, k } = float64();
  const network = energyNetwork.build(
    k,
    1,
    networkSettings({ layers: [5, 6, 4], activation: 'hard-sigmoid' }),
    { dynamics: 'energy-based', epsilon: 0.5 },
  );
  const rule = buildRule(findRule('equilibrium-propagation'), network, k, { persistent: false });
  const [input, target] = [normalState(k, 'input', 8, 5), oneHotState(k, 8, 4)];
  const [exact, hidden, output] = [k.state('exact', 6, 4), k.state('hidden', 8, 6), k.state('output', 8, 4)];
  await runOnce(k, () => {
    const { gradient, firingRates } = rule.observe!({ input, target });
    const readout = gradient!.find(({ connection }) => connection === network.readout)!;
    assert.ok(readout, 'the readout has a gradient');
    k.mapInto(exact, (x) => x, weightMatrix(k, readout));
    k.mapInto(hidden, (x) => x, firingRates![0]!);
    k.mapInto(output, (x) => x, firingRates![1]!);
  });
  const [seen, rates, answers, wanted] = [exact, hidden, output, target].map((t) => device.values(t));
  for (let i = 0; i < 6; i++)
    for (let j = 0; j < 4; j++) {
      let mean = 0;
      for (let e = 0; e < 8; e++)
        mean += (rates![6 * e + i]! * (answers![4 * e + j]! - wanted![4 * e + j]!)) / 8;
      assert.ok(Math.abs(seen![4 * i + j]! - mean) < 1e-12, `${i}, ${j}`);
    }
  assert.ok(seen!.some((x) => Math.abs(x) > 1e-3));
});

test.run();

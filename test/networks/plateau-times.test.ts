import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EARLIEST_PLATEAU } from '../../networks/index.ts';
import { meansAtPlateaus } from '../../networks/plateau-times.ts';
import { float64, runOnce } from '../support.ts';

/** Probabilities that the whole ms of |N(0, 3)| are 0 to 4, and more. */
const EARLY = [0.2611, 0.2339, 0.1877, 0.1349, 0.0869, 0.0956] as const;

test('plateau times are the whole ms of a folded normal distribution of deviation 3, and 5 at most', async () => {
  const { device, k } = float64();
  const neurons = 20_000;
  const times = k.state('ms early', 1, neurons);
  await runOnce(k, () => {
    // The mean that ends e ms early is e.
    const means = Array.from({ length: EARLIEST_PLATEAU + 1 }, (_, e) => k.constant(e, 1, neurons));
    k.mapInto(times, (x) => x, meansAtPlateaus(k, means, 'times'));
  });
  const all = [...device.values(times)];
  for (const [early, probability] of EARLY.entries()) {
    const share = all.filter((time) => time === early).length / neurons;
    const error = Math.sqrt((probability * (1 - probability)) / neurons);
    assert.ok(Math.abs(share - probability) < 4 * error, `${early} ms early: ${share}`);
  }
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, unitUniform } from '../../kernels/index.ts';
import { inverseGaussian, pspTaps, shareOfWindow } from '../../networks/index.ts';
import { float64, runOnce } from '../support.ts';

const KERNEL = { rise: 3, decay: 10, taps: 10 };

test('a postsynaptic potential ends after 10 ms: its taps add up to 0.5104, not to 1', () => {
  const taps = pspTaps(KERNEL);
  assert.ok(Math.abs(taps.reduce((a, b) => a + b, 0) - 0.5104) < 5e-5);
  // Eq. 12 at 1 and 10 ms, and at its maximum.
  assert.ok(Math.abs(taps[0]! - 0.0269) < 5e-6);
  assert.ok(Math.abs(taps[4]! - 0.05967) < 5e-6);
  assert.ok(Math.abs(taps[9]! - 0.04746) < 5e-6);
  const whole = pspTaps({ ...KERNEL, taps: 400 }).reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(whole - 0.9972) < 5e-4, `${whole}`);
});

for (const [taps, size, delay] of [
  [10, 20, 0],
  [10, 20, 1],
  [100, 20, 6],
  [30, 1, 0],
  [3, 40, 6],
] as const)
  test(`what a spike adds to a mean is the sum of its taps in the window: ${taps} taps, ${size} ms, ${delay} ms later`, async () => {
    const kernel = { ...KERNEL, taps };
    const kappa = pspTaps(kernel);
    const before = taps + 6;
    const { device, k } = float64();
    const seen = Array.from({ length: before + size }, (_, i) => k.state(`share ${i}`, 1, 1));
    await runOnce(k, () => {
      for (const [i, share] of seen.entries())
        k.mapInto(share, (x) => x, shareOfWindow(k, k.constant(i, 1, 1), { before, size }, kernel, delay));
    });
    const inWindow = (ms: number) => ms >= before && ms < before + size;
    for (const [i, share] of seen.entries()) {
      const wanted = kappa.reduce((sum, tap, j) => sum + (inWindow(i + delay + j) ? tap / size : 0), 0);
      assert.ok(Math.abs(device.values(share)[0]! - wanted) < 1e-8, `spike at ${i}: ${wanted}`);
    }
  });

test('extra times have the moments of a Wald distribution of mean 2 and shape 1', () => {
  const random = new RandomStream(1, 'wald');
  const draws = 200_000;
  const normals = random.normal(draws, 0, 1);
  const times = [...normals].map((z) => inverseGaussian(2, 1, z, unitUniform(random.word())));
  assert.ok(times.every((t) => t > 0 && Number.isFinite(t)));
  const mean = times.reduce((a, b) => a + b, 0) / draws;
  // The variance is mean³ / shape = 8.
  assert.ok(Math.abs(mean - 2) < 5 * Math.sqrt(8 / draws), `mean ${mean}`);
  const floors = times.map(Math.floor).sort((a, b) => a - b);
  assert.is(floors[draws / 2], 1);
  assert.is(floors[draws * 0.9], 4);
  assert.is(floors[draws * 0.99], 14);
});

test.run();

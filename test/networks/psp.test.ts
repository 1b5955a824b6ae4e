import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, unitUniform } from '../../kernels/index.ts';
import { inverseGaussian, pspTaps } from '../../networks/index.ts';

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

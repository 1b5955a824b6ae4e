import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { angleBetween, arcTangent } from '../../training/diagnostics/vectors.ts';

test('the arc tangent is that of Math.atan within rounding', () => {
  for (const x of [
    0,
    1e-300,
    1e-9,
    0.1,
    0.65,
    0.67,
    1,
    2.41,
    2.42,
    10,
    1e9,
    1e300,
    Number.POSITIVE_INFINITY,
  ]) {
    const wanted = Math.atan(x);
    assert.ok(Math.abs(arcTangent(x) - wanted) <= 4e-16 * Math.max(wanted, Number.MIN_VALUE), `${x}`);
  }
});

test('angles between vectors', () => {
  const near = (seen: number, wanted: number) => assert.ok(Math.abs(seen - wanted) < 1e-5, `${seen}`);
  near(angleBetween([1, 0], [2, 0]), 0);
  near(angleBetween([1, 0], [0, 3]), 90);
  near(angleBetween([1, 0], [1, 1]), 45);
  near(angleBetween([1, 2], [-1, -2]), 180);
  assert.ok(Number.isNaN(angleBetween([0, 0], [1, 1])));
});

test.run();

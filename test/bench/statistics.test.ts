import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { logSlope, ratio, spread } from '../../bench/statistics.ts';

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);

test('the median of an even number of values lies between the middle two', () => {
  assert.equal(spread([4, 1, 3, 2]), { median: 2.5, low: 1, high: 4 });
  assert.equal(spread([7, 1, 3]), { median: 3, low: 1, high: 7 });
});

test('a ratio is that of the rounds, not of the medians', () => {
  // The medians are 20 and 10; the rounds give 5, 0.5 and 4.
  assert.equal(ratio([10, 20, 40], [2, 40, 10]), { median: 4, low: 0.5, high: 5 });
});

test('what cannot be compared is refused', () => {
  assert.throws(() => ratio([1, 2], [1]), /not of the same rounds/);
  assert.throws(() => spread([]), /no values/);
  assert.throws(() => logSlope([[1, 1]]), /two points/);
});

test('the slope is the exponent of a power law', () => {
  const law = (p: number) => [1, 2, 5, 30].map((x): [number, number] => [x, 7 * x ** p]);
  close(logSlope(law(2)), 2);
  close(logSlope(law(-1)), -1);
  close(logSlope(law(0)), 0);
});

test.run();

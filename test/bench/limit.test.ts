import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { losses } from '../../bench/limit.ts';

test('losses are what a group takes above its limit', () => {
  const { measured, limit, lost } = losses(
    {
      examplesPerSecond: 1e5,
      batch: 100,
      shares: { products: 0.5, maps: 0.4, engine: 0.1 },
      work: {
        products: { count: 1, flops: 40e6, bytes: 1e6 },
        maps: { count: 1, flops: 0, bytes: 40e6 },
      },
    },
    { peak: 100, bandwidth: 100 },
  );
  // 1000 us a minibatch; products could take 400 of their 500, maps have reached the limit.
  assert.equal([measured, limit], [1000, 800]);
  assert.equal(
    lost.map(([group, us]) => [group, Math.round(us)]),
    [
      ['products', 100],
      ['engine', 100],
    ],
  );
});

test('products that skip zeros are at their own limit', () => {
  const { limit, lost } = losses(
    {
      examplesPerSecond: 1e5,
      batch: 100,
      shares: { products: 0.2, engine: 0.8 },
      work: { products: { count: 1, flops: 40e6, bytes: 1e6 } },
    },
    { peak: 100, bandwidth: 100 },
  );
  assert.is(limit, 200);
  assert.equal(
    lost.map(([group]) => group),
    ['engine'],
  );
});

test.run();

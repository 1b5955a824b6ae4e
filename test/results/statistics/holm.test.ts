import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { holm } from '../../../results/statistics/holm.ts';
import { close } from './samples.ts';

const rounded = (values: (number | null)[]) => values.map((value) => value && Number(value.toPrecision(12)));

test('worked examples come out, in the order in which they were given', () => {
  // By hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 no lower than the one before.
  assert.equal(rounded(holm([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02]);
  assert.equal(rounded(holm([0.01, 0.02, 0.03, 0.04, 0.05])), [0.05, 0.08, 0.09, 0.09, 0.09]);
  assert.equal(holm([0.5, 0.6]), [1, 1]);
  assert.equal(holm([0.03]), [0.03]);
  assert.equal(holm([]), []);
});

test('a test that cannot be computed counts in the number', () => {
  assert.equal(holm([null, 0.02, null]), [null, 0.06, null]);
});

const family = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });

test('it rejects what the step-down procedure rejects', () => {
  fc.assert(
    fc.property(family, (ps) => {
      const adjusted = holm(ps);
      const rejected = new Set<number>();
      const order = ps.map((_, i) => i).sort((a, b) => ps[a]! - ps[b]!);
      for (const [rank, i] of order.entries()) {
        if (ps[i]! * (ps.length - rank) > 0.05) break;
        rejected.add(i);
      }
      for (const [i, p] of adjusted.entries()) {
        assert.is(p! <= 0.05, rejected.has(i));
        assert.ok(p! >= ps[i]! && p! <= 1);
      }
    }),
  );
});

test('the smallest is that of Bonferroni', () => {
  fc.assert(
    fc.property(family, (ps) => {
      close(Math.min(...(holm(ps) as number[])), Math.min(1, ps.length * Math.min(...ps)), 1e-12);
    }),
  );
});

test.run();

import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comparisonJsonSchema } from '../../results/index.ts';
import { detectableDifference } from '../../results/statistics/effect.ts';
import { tQuantile } from '../../results/statistics/student.ts';

const page = readFileSync(new URL('../../docs/statistics.md', import.meta.url), 'utf8');

test('the quantiles named in the documentation are right', () => {
  const text = /\(([\d.]+) for n = 2, ([\d.]+) for 3, ([\d.]+) for 5, ([\d.]+) for 10\)/.exec(page)!;
  [2, 3, 5, 10].forEach((n, index) => {
    assert.is(tQuantile(0.975, n - 1).toFixed(2), text[index + 1]);
  });
});

test('the table of what is detectable is that of the code', () => {
  const rows = [...page.matchAll(/^\| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$/gm)];
  assert.ok(rows.length >= 6);
  for (const [, n, ...values] of rows)
    assert.equal(
      values,
      [1, 3, 10].map((contrasts) => detectableDifference(Number(n), 1, 0.05 / contrasts).toFixed(2)),
      `${n} seeds`,
    );
});

test('every value of a contrast is on the page', () => {
  type Schema = { properties: Record<string, Schema>; items: Schema };
  const { contrasts } = (comparisonJsonSchema() as unknown as Schema).properties;
  for (const name of Object.keys(contrasts!.items.properties))
    assert.ok(['condition', 'to', 'n'].includes(name) || page.includes(`\`${name}\``), name);
});

test.run();

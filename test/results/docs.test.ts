import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comparisonJsonSchema, tQuantile } from '../../results/index.ts';
import { DIAGNOSTICS } from '../../training/index.ts';

const page = readFileSync(new URL('../../docs/results.md', import.meta.url), 'utf8');
type Schema = { properties: Record<string, Schema>; items: Schema; description?: string };

test('every metric of an epoch has an entry in the documentation, and every entry is a metric', () => {
  const { runs } = (comparisonJsonSchema() as unknown as Schema).properties;
  const metrics = Object.keys(runs!.items.properties.epochs!.items.properties);
  const section = page.slice(page.indexOf('## Metrics'), page.indexOf('## Diagnostics'));
  const entries = [...section.matchAll(/^- `(\w+)`: \S/gm)].map(([, name]) => name!);
  assert.equal(entries.sort(), metrics.sort());
});

test('the table of diagnostics has all of them, with the sentences of the code', () => {
  const section = page.slice(page.indexOf('## Diagnostics'), page.indexOf('## The table'));
  const rows = [...section.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, name, text]) => [
    name,
    text,
  ]);
  assert.equal(
    rows,
    DIAGNOSTICS.map(({ name, description }) => [name, description]),
  );
});

test('the quantiles named in the documentation are right', () => {
  const text = /\(([\d.]+) for n = 2, ([\d.]+) for 3, ([\d.]+) for 5, ([\d.]+) for 10\)/.exec(page)!;
  [2, 3, 5, 10].forEach((n, index) => {
    assert.is(tQuantile(0.975, n - 1).toFixed(2), text[index + 1]);
  });
});

test.run();

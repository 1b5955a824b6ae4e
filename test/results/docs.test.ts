import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comparisonJsonSchema } from '../../results/index.ts';
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

test.run();

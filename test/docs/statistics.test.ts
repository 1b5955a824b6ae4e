import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { parseContrast, parseGrid, parseMargin } from '../../cli/options.ts';
import { expandExperiment, resolveExperiment } from '../../experiments/index.ts';
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

test('the examples declare contrasts that there are', () => {
  const [, yaml] = /^```yaml\n(.*?)^```$/ms.exec(page)!;
  const { contrasts, equivalence } = resolveExperiment(expandExperiment(parse(yaml!))[0]!.input);
  assert.is(contrasts.length, 2);
  assert.is(equivalence, 0.3);
  const commands = [...page.matchAll(/^ {4}npx dendrite compare (.*)$/gm)].map(([, args]) => args!);
  assert.is(commands.length, 2);
  for (const args of commands) {
    const valuesOf = (option: string) =>
      [...args.matchAll(new RegExp(`--${option} (\\S+)`, 'g'))].map(([, one]) => one!);
    const definition = {
      ...parseGrid({ rules: valuesOf('rules')[0]! }, []),
      contrasts: valuesOf('contrast').map(parseContrast),
    };
    assert.ok(resolveExperiment(expandExperiment(definition)[0]!.input).contrasts);
    for (const margin of valuesOf('equivalence')) assert.is(parseMargin(margin), 0.3);
  }
});

test('every value of a contrast is on the page', () => {
  type Schema = { properties: Record<string, Schema>; items: Schema };
  const { contrasts } = (comparisonJsonSchema() as unknown as Schema).properties;
  for (const name of Object.keys(contrasts!.items.properties))
    assert.ok(['condition', 'to', 'n'].includes(name) || page.includes(`\`${name}\``), name);
});

test.run();

import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BASELINES, GUARDS } from '../../training/index.ts';

/** The pages that list guards and baselines have what there is. */

const rowsOf = (page: string): string[][] =>
  [
    ...readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8').matchAll(
      /^\| `([a-z-]+)` \| (.*) \|$/gm,
    ),
  ].map(([, name, description]) => [name!, description!]);

const described = (items: readonly { name: string; description: string }[]): string[][] =>
  items.map(({ name, description }) => [name, description]);

test('docs/guards.md has every guard', () => {
  assert.equal(rowsOf('guards.md'), described(GUARDS));
});

test('docs/baselines.md has every baseline', () => {
  assert.equal(rowsOf('baselines.md'), described(BASELINES));
});

test.run();

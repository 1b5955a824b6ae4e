import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FIGURES } from '../../results/figures/index.ts';

const page = readFileSync(new URL('../../docs/figures.md', import.meta.url), 'utf8');

test('the table of figures has all of them, with the sentences of the code', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (.*?) \| .*? \|$/gm)].map(([, name, text]) => [
    name,
    text,
  ]);
  assert.equal(
    rows,
    FIGURES.map(({ name, description }) => [name, description]),
  );
});

test.run();

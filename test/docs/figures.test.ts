import { readFileSync } from 'node:fs';
import { DOMParser } from 'linkedom';
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

/** The package holds the pictures, too. */
const MOST_BYTES = 60_000;

test('there is an example of each figure, which is small', () => {
  const pictures = [...page.matchAll(/^!\[([a-z-]+)\]\((figures\/[a-z-]+\.svg)\)$/gm)];
  assert.equal(
    pictures.map(([, name]) => name),
    FIGURES.map(({ name }) => name),
  );
  for (const [, name, path] of pictures) {
    const svg = readFileSync(new URL(path!, new URL('../../docs/', import.meta.url)), 'utf8');
    assert.ok(svg.length < MOST_BYTES, `${name} has ${svg.length} bytes`);
    const picture = new DOMParser().parseFromString(svg, 'image/svg+xml');
    assert.ok(picture.querySelectorAll('text').length > 5, name);
  }
});

test.run();
